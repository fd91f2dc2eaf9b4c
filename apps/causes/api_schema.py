"""What the causes of disagreement answer, for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from .domain.evidence import Cause, Of
from .words import REASONS, STEP_CODES, SUSPECTED, WHY


class DisagreementExampleAnswer(serializers.Serializer[Any]):
    task = serializers.UUIDField()
    prompt = serializers.UUIDField()
    opposite = serializers.IntegerField(help_text="Pairs that two labelers order (or mark) the opposite way.")
    compared = serializers.IntegerField()


class DisagreementCauseAnswer(serializers.Serializer[Any]):
    cause = serializers.ChoiceField([one.value for one in Cause])
    of = serializers.ChoiceField([one.value for one in Of], help_text="What `share` is a share of.")
    named = serializers.BooleanField(help_text="Surely more than chance, and large enough to matter.")
    share = serializers.FloatField(allow_null=True, help_text="Null exactly where `why` says why.")
    low = serializers.FloatField(allow_null=True, help_text="Of the 95 % interval from resampled prompts.")
    high = serializers.FloatField(allow_null=True)
    p = serializers.FloatField(allow_null=True, help_text="One-sided, corrected by Holm for the causes looked for.")
    why = serializers.CharField(allow_null=True, help_text="A code; `sentences` says what it means.")
    why_no_interval = serializers.CharField(allow_null=True)
    next_step = serializers.ChoiceField(sorted(STEP_CODES.values()))
    examples = DisagreementExampleAnswer(many=True)


class DisagreementRuleAnswer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="The version in force.")
    address = serializers.CharField()
    title = serializers.CharField()
    sure = serializers.BooleanField(help_text="It is named after the place, not only alike in words.")


class DisagreementPlaceAnswer(serializers.Serializer[Any]):
    """A use case or field on which the guideline is unclear."""

    kind = serializers.ChoiceField(["use_case", "field"])
    name = serializers.CharField(allow_blank=True)
    opposite = serializers.IntegerField(help_text="Pairs that two labelers order (or mark) the opposite way.")
    compared = serializers.IntegerField()
    elsewhere = serializers.FloatField(allow_null=True, help_text="The share of opposite pairs of all others.")
    rule = DisagreementRuleAnswer(allow_null=True, help_text="The rule to mend; null: there is none to find.")
    examples = DisagreementExampleAnswer(many=True)


class DisagreementCountsAnswer(serializers.Serializer[Any]):
    prompts = serializers.IntegerField(help_text="Those that two persons ranked.")
    judgments = serializers.IntegerField()
    meetings = serializers.IntegerField(help_text="Two judgments of one task by two persons.")
    compared = serializers.IntegerField(help_text="Pairs of candidates that both of two persons put in an order.")
    opposite = serializers.IntegerField(help_text="Of these, the ones they put in the opposite order.")
    quick = serializers.IntegerField(help_text="Judgments made quicker than anybody reads.")
    newest_only = serializers.BooleanField(help_text="There were more; the newest were read.")
    retests = serializers.IntegerField(help_text="Of silent retests, K - 1 comparisons a ranking of K.")
    retests_same = serializers.IntegerField(help_text="Of these, said as before.")


class DisagreementLabelerAnswer(serializers.Serializer[Any]):
    labeler = serializers.CharField(help_text="Their pseudonym.")
    reliability = serializers.FloatField(help_text="0 to 1.")
    group = serializers.IntegerField(allow_null=True, help_text="0 the largest, up to 3; null without groups.")
    suspected_for = serializers.ListField(child=serializers.ChoiceField(sorted(SUSPECTED)))


class DisagreementSentences(serializers.Serializer[Any]):
    why = serializers.DictField(child=serializers.CharField())

    @staticmethod
    def all() -> dict[str, dict[str, str]]:
        return {"why": {code: str(text) for code, text in WHY.items()}}


class DisagreementAnswer(serializers.Serializer[Any]):
    computed_at = serializers.DateTimeField()
    why = serializers.CharField(allow_null=True, help_text="Why nothing can be told: a code of `sentences`.")
    counts = DisagreementCountsAnswer()
    causes = DisagreementCauseAnswer(many=True, help_text="The named first, the largest share first.")
    labelers = DisagreementLabelerAnswer(many=True)
    use_cases = serializers.ListField(child=serializers.CharField(allow_blank=True), help_text="Those that stand out.")
    fields = serializers.ListField(child=serializers.CharField(), help_text="Those that stand out.")  # type: ignore[assignment]
    places = DisagreementPlaceAnswer(many=True, help_text="What stands out, the most disagreement first.")
    shared = serializers.FloatField(
        allow_null=True, help_text="How the preferences of any two groups correlate, one number for all."
    )
    settled = serializers.DictField(
        child=serializers.IntegerField(), help_text="What adjudicators settled tasks as: a cause, or `hard`."
    )
    prompts_flagged = serializers.ListField(child=serializers.UUIDField(), help_text="At most 200.")
    prompts_at_chance = serializers.ListField(child=serializers.UUIDField(), help_text="At most 200.")
    sentences = DisagreementSentences()


class TaskDisagreementAnswer(serializers.Serializer[Any]):
    """Why the labelers of one task probably disagree."""

    task = serializers.UUIDField()
    cause = serializers.ChoiceField([one.value for one in Cause], allow_null=True)
    reasons = serializers.ListField(child=serializers.ChoiceField(sorted(REASONS)))
    sentences = serializers.ListField(child=serializers.CharField(), help_text="The reasons for people.")
    opposite = serializers.IntegerField()
    compared = serializers.IntegerField()
