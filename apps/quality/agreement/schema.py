"""What the agreement of a project answers, for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from ..domain.estimate import Ties, Why
from ..domain.told import OF_SCALES, OF_TWO, STATISTICS


class AgreementEstimateAnswer(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="Null exactly where `why` says why.")
    low = serializers.FloatField(allow_null=True, help_text="Of the 95 % interval from resampled prompts.")
    high = serializers.FloatField(allow_null=True)
    method = serializers.CharField()
    ties = serializers.CharField(help_text="A code; `sentences` says what it means.")
    left_out = serializers.IntegerField(help_text="The units that the statistic could not use.")
    why = serializers.CharField(allow_null=True, help_text="A code; `sentences` says what it means.")
    why_no_interval = serializers.CharField(allow_null=True)


def _statistics(title: str, names: tuple[str, ...]) -> serializers.Serializer[Any]:
    fields: dict[str, Any] = {name: AgreementEstimateAnswer() for name in names}
    found: serializers.Serializer[Any] = type(title, (serializers.Serializer,), fields)()
    return found


class AgreementCountsAnswer(serializers.Serializer[Any]):
    tasks = serializers.IntegerField(help_text="A prompt with a set of candidates.")
    prompts = serializers.IntegerField()
    labelers = serializers.IntegerField(help_text="Those who met somebody.")
    meetings = serializers.IntegerField(help_text="Two judgments of one task by two labelers.")
    pairs = serializers.IntegerField(help_text="Two candidates on which two labelers are compared.")


class AgreementSectionAnswer(AgreementCountsAnswer):
    judgments = serializers.IntegerField()
    labelers_a_task = serializers.IntegerField(help_text="The most common number, of tasks with several.")
    statistics = _statistics("AgreementStatistics", STATISTICS)


class AgreementGroupAnswer(AgreementSectionAnswer):
    across = serializers.BooleanField(help_text="The meetings of two groups, rather than those within one.")
    cohort = serializers.CharField(required=False)
    use_case = serializers.CharField(required=False)
    track = serializers.CharField(required=False, allow_null=True)
    number = serializers.IntegerField(required=False, allow_null=True)
    month = serializers.CharField(required=False, help_text="2026-11, UTC.")


class AgreementCellAnswer(AgreementCountsAnswer):
    tied = serializers.IntegerField(help_text="Of the pairs, those that the labeler, or the first of two, said tie of.")
    tied_by_second = serializers.IntegerField(help_text="The same of the second, or of all others.")
    statistics = _statistics("AgreementOfTwo", OF_TWO)


class AgreementLabelerAnswer(AgreementCellAnswer):
    labeler = serializers.CharField(help_text="Their pseudonym, beside everybody they met.")
    judgments = serializers.IntegerField()


class AgreementPairAnswer(AgreementCellAnswer):
    first = serializers.CharField()
    second = serializers.CharField()


class AgreementPairsAnswer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    results = AgreementPairAnswer(many=True, help_text="At most 2,000, those that compared most.")


class AgreementChangeAnswer(serializers.Serializer[Any]):
    track = serializers.CharField()
    before = serializers.IntegerField(help_text="The number of the version before.")
    after = serializers.IntegerField()
    prompts_before = serializers.IntegerField(help_text="Prompts that two labelers judged under it.")
    prompts_after = serializers.IntegerField()
    statistics = _statistics("AgreementDifferences", ("agreement", "agreement_without_ties"))


class AgreementScaleAnswer(AgreementCountsAnswer):
    name = serializers.CharField()
    lowest = serializers.IntegerField()
    highest = serializers.IntegerField()
    ratings = serializers.IntegerField()
    statistics = _statistics("AgreementOnScale", OF_SCALES)


class AgreementSentences(serializers.Serializer[Any]):
    """What the codes of `ties` and `why` mean."""

    ties = serializers.DictField(child=serializers.CharField())
    why = serializers.DictField(child=serializers.CharField())

    @staticmethod
    def all() -> dict[str, dict[str, str]]:
        return {
            "ties": {one.name.lower(): one.value for one in Ties},
            "why": {one.name.lower(): one.value for one in Why},
        }


class AgreementAnswer(serializers.Serializer[Any]):
    computed_at = serializers.DateTimeField()
    overall = AgreementSectionAnswer()
    not_persons = serializers.IntegerField(
        help_text="Rankings by pools, models and simulated labelers, which take no part."
    )
    cohorts = AgreementGroupAnswer(many=True)
    use_cases = AgreementGroupAnswer(many=True)
    guidelines = AgreementGroupAnswer(many=True)
    guideline_changes = AgreementChangeAnswer(
        many=True, help_text="Agreement under a version less that under the one before."
    )
    months = AgreementGroupAnswer(many=True)
    labelers = AgreementLabelerAnswer(many=True)
    pairs_of_labelers = AgreementPairsAnswer()
    references = AgreementPairsAnswer(help_text="Persons beside pools and models.")
    scales = AgreementScaleAnswer(many=True)
    sentences = AgreementSentences()
