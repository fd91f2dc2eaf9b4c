"""Bodies and answers of gold, for the OpenAPI document."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.domain.ranking import K_MAX
from apps.core.lists import Filters, StrictBoolean
from apps.core.strict import StrictBody

from .models import EXPLANATION_MAX, GoldItem
from .selectors import GoldScore
from .selectors.answers import answer_of
from .selectors.items import ItemRow

RETIRED_AS = [(value, value.capitalize()) for value in GoldItem.RetiredAs.values]


class GoldPair(StrictBody):
    better = serializers.UUIDField(help_text="A completion.")
    worse = serializers.UUIDField(help_text="A completion that the better one must beat.")
    may_tie = serializers.BooleanField(default=False, help_text="A tie of the two is right as well.")


class GoldBody(StrictBody):
    task = serializers.UUIDField(required=False, help_text="A ranking task: its prompt and its candidates.")
    prompt = serializers.UUIDField(required=False, help_text="Instead of a task, with `candidates`.")
    candidates = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=K_MAX, help_text="2 to 9 completions of the prompt."
    )
    pairs = GoldPair(many=True, required=False, help_text="Which completion must beat which.")
    tiers = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=K_MAX), required=False,
        help_text="Beside pairs or instead: completion uid to tier, 1 is best. Who has no tier is in no pair.",
    )  # fmt: skip
    neighbours_may_tie = serializers.BooleanField(
        default=False, help_text="Of `tiers`: those of one tier may tie with those of the next."
    )
    may_miss = serializers.IntegerField(default=0, min_value=0, max_value=36, help_text="Pairs that may be missed.")
    explanation = serializers.CharField(max_length=EXPLANATION_MAX, help_text="Why this is the answer.")


class GoldRetireBody(StrictBody):
    retired_as = serializers.ChoiceField(
        RETIRED_AS, help_text="wrong: its answers count for nobody; worn: they still count."
    )
    because = serializers.CharField(default="", allow_blank=True, max_length=500)


class GoldFilters(Filters):
    retired = StrictBoolean(required=False)

    def narrow(self, rows: Any) -> Any:
        retired = self.validated_data.pop("retired", None)
        return rows if retired is None else rows.filter(retired_at__isnull=not retired)


class GoldPairAnswer(serializers.Serializer[Any]):
    better = serializers.UUIDField()
    worse = serializers.UUIDField()
    may_tie = serializers.BooleanField()


class GoldListed(serializers.Serializer[Any]):
    """Of an item; `context["told"]` says the rest by its key."""

    uid = serializers.UUIDField()
    task = serializers.UUIDField(source="task.uid")
    prompt = serializers.UUIDField(source="task.prompt.uid")
    pairs = GoldPairAnswer(many=True, help_text="With all that follows from those that were given.")
    may_miss = serializers.IntegerField()
    explanation = serializers.CharField()
    answers = serializers.IntegerField()
    passed = serializers.IntegerField()
    good_labelers = serializers.IntegerField(help_text="Who pass enough of the other items, and answered this one.")
    good_labelers_failed = serializers.IntegerField()
    proposed_as_bad = serializers.BooleanField(help_text="Good labelers fail on it: look at the key, then retire it.")
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)
    retired_as = serializers.ChoiceField(RETIRED_AS, allow_blank=True, help_text="Empty while it is given out.")
    retired_because = serializers.CharField()

    def to_representation(self, instance: Any) -> Any:
        row, uids = self.context["told"][instance.pk], self.context["uids"]
        return super().to_representation(_told(row, uids))


def _told(row: ItemRow, uids: dict[int, Any]) -> dict[str, Any]:
    item, numbers = row.item, row.numbers
    names = [uids[pk] for pk in item.task.candidates]
    kept = ("uid", "task", "may_miss", "explanation", "created_at", "retired_at", "retired_as", "retired_because")
    return {name: getattr(item, name) for name in kept} | {
        "pairs": [{"better": names[one.better], "worse": names[one.worse], "may_tie": one.may_tie} for one in item.key],
        "answers": numbers.answers, "passed": numbers.passed, "good_labelers": numbers.doubt.good,
        "good_labelers_failed": numbers.doubt.good_failed, "proposed_as_bad": row.proposed,
    }  # fmt: skip


class GoldAnswerFilters(Filters):
    labeler = serializers.CharField(required=False, max_length=40, help_text="A pseudonym.")
    gold = serializers.UUIDField(required=False, help_text="An item.")
    lookups: ClassVar[dict[str, str]] = {"labeler": "assignment__membership__pseudonym", "gold": "task__gold_item__uid"}


class GoldAnswerListed(serializers.Serializer[Any]):
    """Of a judgment of gold."""

    judgment = serializers.UUIDField()
    gold = serializers.UUIDField(help_text="The item.")
    labeler = serializers.CharField(help_text="Their pseudonym.")
    passed = serializers.BooleanField()
    counts = serializers.BooleanField(help_text="False once the item was retired as wrong.")
    pairs_right = serializers.IntegerField()
    pairs_tied = serializers.IntegerField()
    pairs_reversed = serializers.IntegerField()
    submitted_at = serializers.DateTimeField()

    def to_representation(self, instance: Any) -> Any:
        one = answer_of(instance)
        return super().to_representation({
            "judgment": one.judgment, "gold": instance.task.gold_item.uid, "labeler": one.labeler,
            "passed": one.score.passed, "counts": one.counts, "pairs_right": one.score.right,
            "pairs_tied": one.score.tied, "pairs_reversed": one.score.reversed, "submitted_at": one.at,
        })  # fmt: skip


class GoldEstimateAnswer(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="Null exactly where `why` says why.")
    low = serializers.FloatField(allow_null=True, help_text="Of the 95 % interval from resampled prompts.")
    high = serializers.FloatField(allow_null=True)
    method = serializers.CharField()
    ties = serializers.CharField(help_text="A code, as in the answer on agreement.")
    left_out = serializers.IntegerField()
    why = serializers.CharField(allow_null=True)
    why_no_interval = serializers.CharField(allow_null=True)


class GoldScoreAnswer(serializers.Serializer[Any]):
    labeler = serializers.CharField(help_text="Their pseudonym.")
    items = serializers.IntegerField()
    passed = serializers.IntegerField()
    share = serializers.FloatField()
    low = serializers.FloatField(help_text="Of Wilson's 95 % interval.")
    high = serializers.FloatField()
    pairs_right = serializers.IntegerField()
    pairs_tied = serializers.IntegerField()
    pairs_reversed = serializers.IntegerField()
    below = serializers.BooleanField(help_text="The share is under the project's threshold.")
    surely_below = serializers.BooleanField(help_text="So is the upper end of the interval.")


class SelfConsistencyAnswer(serializers.Serializer[Any]):
    labeler = serializers.CharField(help_text="Their pseudonym.")
    retests = serializers.IntegerField()
    agreement = GoldEstimateAnswer(help_text="Pairs of candidates said alike both times; a tie is an outcome.")
    agreement_without_ties = GoldEstimateAnswer()
    tau_b = GoldEstimateAnswer()


class GoldScoresAnswer(serializers.Serializer[Any]):
    computed_at = serializers.DateTimeField(
        help_text="When it was counted: at each call, of a large project by the clock."
    )
    threshold = serializers.FloatField()
    gold = GoldScoreAnswer(many=True)
    consistency = SelfConsistencyAnswer(many=True)


def score_told(one: GoldScore) -> dict[str, Any]:
    standing = one.standing
    return {
        "labeler": one.labeler, "items": one.items, "passed": one.passed, "share": round(one.share, 4),
        "low": round(one.low, 4), "high": round(one.high, 4), "pairs_right": standing.right, "pairs_tied": standing.tied,
        "pairs_reversed": standing.reversed, "below": one.below, "surely_below": one.surely_below,
    }  # fmt: skip
