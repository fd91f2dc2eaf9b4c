"""What the comparison of models takes and answers."""

from typing import Any

from rest_framework import serializers

from ..selectors.side_by_side import FEWEST, MOST
from .model_schema import ModelListed


class ComparisonQuery(serializers.Serializer[Any]):
    model = serializers.ListField(
        child=serializers.UUIDField(), min_length=FEWEST, max_length=MOST,
        help_text="A model's uid; two to four times, each another.",
    )  # fmt: skip


class PreferredAnswer(serializers.Serializer[Any]):
    one = serializers.UUIDField(source="one.uid")
    other = serializers.UUIDField(source="other.uid")
    above = serializers.IntegerField(
        help_text="Pairs of their replies in a ranking of which that of `one` stood higher."
    )
    tied = serializers.IntegerField()
    below = serializers.IntegerField()
    prompts = serializers.IntegerField(help_text="How many prompts those pairs are of.")
    share = serializers.FloatField(help_text="(above + tied / 2) / all.")
    low = serializers.FloatField(allow_null=True, help_text="Of 95 %; null where there are too few prompts.")
    high = serializers.FloatField(allow_null=True)


class CountedAnswer(serializers.Serializer[Any]):
    computed_at = serializers.DateTimeField()
    pairs = PreferredAnswer(many=True, help_text="Each two whose replies to a prompt stood in one ranking.")


class MeasureAnswer(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class MeasuredAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    values = serializers.ListField(
        child=MeasureAnswer(allow_null=True), help_text="In the order of `models`; null: its report does not say it."
    )


class FactAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    values = serializers.ListField(
        child=serializers.JSONField(allow_null=True), help_text="In the order of `models`; null: it does not say."
    )


class ComparisonAnswer(serializers.Serializer[Any]):
    models = ModelListed(many=True)
    preferred = CountedAnswer(
        allow_null=True, help_text="Whose replies people ranked higher; null while that is counted for the first time."
    )
    measured = MeasuredAnswer(many=True, help_text="What their reports say.")
    facts = FactAnswer(many=True, help_text="What they are.")
    settings = FactAnswer(many=True, help_text="Settings in which two runs of one program differ.")
