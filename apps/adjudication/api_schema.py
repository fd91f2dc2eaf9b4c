"""What adjudication takes and answers, for the OpenAPI document and the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.lists import Filters, MadeBetween, StrictBoolean
from apps.core.strict import StrictBody
from apps.labeling.domain.letters import to_letters
from apps.projects.models import Cohort

from .domain.shuffled import shown_order
from .models import AdjudicationRules, Disagreement, Resolution
from .selectors.sheet import Sheet, Voice


class DisagreementListed(serializers.ModelSerializer[Disagreement]):
    task = serializers.UUIDField(source="task.uid")
    cohort = serializers.ChoiceField(Cohort.choices, help_text="Whose judgments were compared.")

    class Meta:
        model = Disagreement
        fields = [
            "task", "disagreement", "judgments", "compared", "alike", "feeds", "cohort", "use_case", "sensitive", "priority",
            "resolved",
        ]  # fmt: skip


class DisagreementFilters(Filters):
    use_case = serializers.CharField(required=False, max_length=60)
    sensitive = StrictBoolean(required=False)
    resolved = StrictBoolean(required=False, help_text="What is settled, rather than what waits.")
    least = serializers.FloatField(required=False, min_value=0, max_value=1, help_text="So much disagreement or more.")
    lookups = {"least": "disagreement__gte"}

    def narrow(self, rows: Any) -> Any:
        given: dict[str, Any] = dict(self.validated_data)
        resolved = given.pop("resolved", False)
        rows = rows.filter(resolved=resolved)
        if not resolved:
            rows = rows.filter(disagreement__gt=0)
        return rows.filter(**{self.lookups.get(name, name): value for name, value in given.items()})


class VoiceAnswer(serializers.Serializer[Voice]):
    """One labeler's judgment, by the letters of the sheet; whose it is nobody is told."""

    judgment = serializers.UUIDField(source="uid")
    number = serializers.IntegerField()
    tiers = serializers.SerializerMethodField()
    ratings = serializers.SerializerMethodField()
    prompt_flags = serializers.DictField()
    use_case = serializers.CharField()
    note = serializers.CharField()
    guideline = serializers.IntegerField(allow_null=True)
    submitted_at = serializers.DateTimeField()

    def get_tiers(self, voice: Voice) -> dict[str, int]:
        return dict(zip(self.context["letters"], voice.tiers, strict=True))

    def get_ratings(self, voice: Voice) -> dict[str, Any]:
        return dict(zip(self.context["letters"], voice.ratings, strict=True))


class SheetMessage(serializers.Serializer[Any]):
    role = serializers.CharField()
    content = serializers.CharField()


class SheetCandidate(serializers.Serializer[Any]):
    letter = serializers.CharField()
    text = serializers.CharField()


class SheetPrompt(serializers.Serializer[Any]):
    messages = SheetMessage(many=True)
    context = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    use_case = serializers.CharField()
    sensitive = serializers.BooleanField()


class ResolutionAnswer(serializers.ModelSerializer[Resolution]):
    task = serializers.UUIDField(source="task.uid")
    adjudicator = serializers.CharField(source="membership.pseudonym")
    category = serializers.ChoiceField(Resolution.Category.choices)
    cohort = serializers.ChoiceField(Cohort.choices)
    tiers = serializers.SerializerMethodField(help_text="By the sheet's letters; null of a bad prompt.")
    guideline = serializers.IntegerField(source="guideline.number", allow_null=True, default=None)
    supersedes = serializers.UUIDField(source="supersedes.uid", allow_null=True, default=None)

    class Meta:
        model = Resolution
        fields = [
            "uid", "task", "adjudicator", "category", "tiers", "guideline", "rule", "note", "cohort", "supersedes",
            "created_at",
        ]  # fmt: skip

    def get_tiers(self, found: Resolution) -> dict[str, int] | None:
        if found.tiers is None:
            return None
        order = shown_order(str(found.task.uid), len(found.tiers))
        return dict(zip("ABCDEFGHI", to_letters(order, found.tiers), strict=False))


class SheetAnswer(serializers.Serializer[Sheet]):
    task = serializers.UUIDField(source="task.uid")
    cohort = serializers.ChoiceField(Cohort.choices, help_text="held-out: what is decided teaches no model.")
    prompt = SheetPrompt()
    candidates = SheetCandidate(many=True)
    judgments = serializers.SerializerMethodField()
    resolution = ResolutionAnswer(allow_null=True)

    @extend_schema_field(VoiceAnswer(many=True))
    def get_judgments(self, sheet: Sheet) -> Any:
        voices: Any = sheet.voices
        return VoiceAnswer(voices, many=True, context={"letters": sheet.letters}).data


class ResolutionBody(StrictBody):
    category = serializers.ChoiceField(Resolution.Category.choices)
    tiers = serializers.JSONField(
        required=False,
        default=None,
        help_text='By letter, 1 best, equal ones tied: {"A": 1, "B": 2}. None of a bad prompt.',
    )
    rule = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=80,
        help_text="Of an unclear guideline: the address of the heading.",
    )  # fmt: skip
    note = serializers.CharField(required=False, default="", allow_blank=True)
    supersedes = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="The resolution that stands, where there is one."
    )
    seen = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_null=True, default=None, max_length=1000,
        help_text="The judgments that were looked at; without it all of the sheet.",
    )  # fmt: skip


class ResolutionFilters(MadeBetween):
    category = serializers.ChoiceField(Resolution.Category.choices, required=False)
    lookups = {"since": "created_at__gte", "until": "created_at__lt"}


class MoreBody(StrictBody):
    below = serializers.FloatField(help_text="Agreement on a share of the pairs; above 0, up to 1.")
    more = serializers.IntegerField(required=False, default=1, help_text="1 to 10 judgments more a task.")
    most = serializers.IntegerField(required=False, default=5, help_text="At most so many a task, 2 to 50.")


class MoreAnswer(serializers.Serializer[Any]):
    tasks = serializers.IntegerField()
    judgments = serializers.IntegerField()
    more = serializers.BooleanField(help_text="Not all yet: send the same again, it goes on from here.")


class RulesBody(StrictBody):
    use_cases = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, help_text="Those that weigh double in the queue."
    )
    more_below = serializers.FloatField(
        allow_null=True, help_text="More judgments are asked for by themselves below this agreement; null: never."
    )
    more_judgments = serializers.IntegerField(help_text="1 to 10 each time.")
    more_most = serializers.IntegerField(help_text="2 to 50 a task in all.")


class RulesAnswer(serializers.ModelSerializer[AdjudicationRules]):
    class Meta:
        model = AdjudicationRules
        fields = ["use_cases", "more_below", "more_judgments", "more_most"]
