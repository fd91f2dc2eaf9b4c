"""What the calls about sets of candidates take and answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.domain.ranking import K_MAX, K_MIN
from apps.core.lists import Filters, MadeBetween
from apps.core.strict import StrictBody
from apps.prompts.domain.hygiene import Fate, Kind

from ..models import CandidateFinding, CandidateSet, CandidateSource
from ..selectors.candidates import finding_counts
from .schema import SETTINGS, uid_of


class SourceShareBody(StrictBody):
    model = serializers.UUIDField()
    share = serializers.IntegerField(
        required=False, default=1, min_value=1, max_value=9, help_text="Of each task, beside the others' shares."
    )


class CandidateSetBody(StrictBody):
    models = SourceShareBody(many=True, help_text="1 to K of them, each once.")
    snapshot = serializers.UUIDField(help_text="A prompts snapshot.")
    k = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=K_MIN, max_value=K_MAX,
        help_text="Candidates of a task; the project's where it is left out.",
    )  # fmt: skip
    spec = serializers.DictField(required=False, default=dict, help_text=f"Of generate. {SETTINGS}")
    hygiene = serializers.DictField(
        required=False,
        default=dict,
        help_text=f"By finding ({', '.join(Kind)}): drop, mark or keep; and `likeness`, 0.5 to 1.",
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class CandidateSetFilters(MadeBetween):
    state = serializers.ChoiceField(CandidateSet.State.choices, required=False)
    lookups = {"since": "created_at__gte", "until": "created_at__lt"}


class CandidateSourceAnswer(serializers.ModelSerializer[CandidateSource]):
    model = serializers.UUIDField(source="run.model_version.uid")
    run = serializers.UUIDField(source="run.uid")
    state = serializers.CharField(source="run.state", help_text="Of its generation run.")

    class Meta:
        model = CandidateSource
        fields = ["model", "run", "share", "state"]


class CandidateSetListed(serializers.ModelSerializer[CandidateSet]):
    state = serializers.ChoiceField(CandidateSet.State.choices)
    snapshot = uid_of(allow_null=False)
    models = CandidateSourceAnswer(source="sources", many=True)
    spec = serializers.DictField()
    hygiene = serializers.DictField(source="rules")

    class Meta:
        model = CandidateSet
        fields = [
            "uid", "state", "models", "snapshot", "k", "spec", "hygiene", "reason", "tasks_created", "prompts_without_task",
            "failure", "created_at", "finished_at",
        ]  # fmt: skip


class CandidateFindingCount(serializers.Serializer[Any]):
    kind = serializers.CharField()
    fate = serializers.CharField()
    count = serializers.IntegerField()


class CandidateSetAnswer(CandidateSetListed):
    findings = serializers.SerializerMethodField()

    class Meta(CandidateSetListed.Meta):
        fields = [*CandidateSetListed.Meta.fields, "findings"]

    @extend_schema_field(CandidateFindingCount(many=True))
    def get_findings(self, found: CandidateSet) -> list[dict[str, Any]]:
        return [{"kind": kind, "fate": fate, "count": count} for kind, fate, count in finding_counts(found)]


class FindingFilters(Filters):
    kind = serializers.ChoiceField([(one.value, one.value) for one in Kind], required=False)
    fate = serializers.ChoiceField([(one.value, one.value) for one in Fate], required=False)


class CandidateFindingAnswer(serializers.ModelSerializer[CandidateFinding]):
    kind = serializers.CharField()
    fate = serializers.CharField(help_text="shown, replaced, dropped or spare")
    completion = serializers.UUIDField(source="completion.uid")
    prompt = serializers.UUIDField(source="completion.prompt.uid")
    run = serializers.UUIDField(source="completion.generation_run.uid")
    text = serializers.CharField(source="completion.body")

    class Meta:
        model = CandidateFinding
        fields = ["kind", "fate", "words", "prompt", "completion", "run", "text"]
