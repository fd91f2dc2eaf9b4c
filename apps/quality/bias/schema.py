"""What the bias reports of a project answer, for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

Fields = serializers.Serializer[Any]


class BiasSentence(Fields):
    code = serializers.CharField(help_text="Stable; programs may rely on it.")
    text = serializers.CharField(help_text="In English.")
    values = serializers.DictField(help_text="What stands in the sentence: shares, numbers, codes, sentences.")


class BiasTold(Fields):
    found = BiasSentence()
    lesson = BiasSentence(allow_null=True, help_text="What it would teach a reward model.")


class BiasInterval(Fields):
    low = serializers.FloatField()
    high = serializers.FloatField()
    level = serializers.FloatField()
    method = serializers.CharField(help_text="prompts, same_everywhere, labelers, wilson or flips (docs/bias.md).")


class BiasCounts(Fields):
    units = serializers.IntegerField(help_text="Pairs of candidates, judgments or demonstrations.")
    ties = serializers.IntegerField()
    judgments = serializers.IntegerField()
    prompts = serializers.IntegerField()
    labelers = serializers.IntegerField()


class BiasRate(Fields):
    counts = BiasCounts()
    value = serializers.FloatField(allow_null=True, help_text="Null exactly where `why` says why.")
    interval = BiasInterval(allow_null=True)
    why = BiasSentence(allow_null=True)
    why_no_interval = BiasSentence(allow_null=True)


class _Told(Fields):
    told = BiasTold()


class BiasPosition(_Told):
    first = BiasRate(help_text="The candidate shown earlier wins; a tie is half.")
    places = BiasRate(many=True, help_text="The one at place 1, 2... against all others.")


class BiasBand(Fields):
    low = serializers.FloatField()
    high = serializers.FloatField()
    longer = BiasRate()


class BiasLength(_Told):
    longer = BiasRate()
    bands = BiasBand(many=True)
    rule = BiasRate(help_text='"The longer is better" is right, over pairs that are not tied.')
    agreement = BiasRate(help_text="Two labelers say the same, over pairs that neither ties.")


class BiasStyle(_Told):
    mark = serializers.CharField()
    more = BiasRate()
    matched = BiasRate(help_text="Over pairs of like length.")


class BiasRendering(_Told):
    rendered = BiasRate()
    raw = BiasRate()
    difference = BiasRate()


class BiasTrend(_Told):
    hours = BiasRate(many=True)
    slope = BiasRate(help_text="The change with every hour; of time for a word as a share of it.")
    p = serializers.FloatField(allow_null=True)


class BiasFatigue(Fields):
    ties = BiasTrend()
    seconds_a_word = BiasTrend()
    agreement = BiasTrend()


class BiasShare(Fields):
    labeler = serializers.CharField()
    some = serializers.IntegerField()
    all = serializers.IntegerField()
    share = serializers.FloatField()
    interval = BiasInterval()


class BiasSpeed(_Told):
    words_a_minute = serializers.IntegerField(help_text="Above this a judgment is quicker than reading.")
    quick = BiasRate()
    labelers = BiasShare(many=True)
    left_out = serializers.IntegerField()


class BiasPasted(_Told):
    mostly = BiasRate()
    mean = BiasRate()
    labelers = BiasShare(many=True)
    left_out = serializers.IntegerField()


class BiasHeavy(Fields):
    labeler = serializers.CharField()
    judgments = serializers.FloatField(help_text="A share.")
    comparisons = serializers.FloatField(help_text="A share.")


class BiasLeftOut(_Told):
    labeler = serializers.CharField(allow_null=True)
    change = BiasRate()


class BiasWeight(_Told):
    labelers = serializers.IntegerField()
    top = BiasHeavy(many=True)
    top_share = BiasRate()
    effective = serializers.FloatField(allow_null=True, help_text="As many equal labelers would weigh as much.")
    left_out = BiasLeftOut()


class BiasLanguage(Fields):
    language = serializers.CharField()
    prompts = serializers.IntegerField()
    knowing = serializers.IntegerField()


class BiasLanguages(_Told):
    rows = BiasLanguage(many=True)
    without = serializers.IntegerField()
    unknown = serializers.IntegerField()


class BiasUseCase(Fields):
    use_case = serializers.CharField()
    prompts = serializers.IntegerField()
    judged = serializers.IntegerField()
    labelers = serializers.IntegerField()


class BiasUseCases(_Told):
    rows = BiasUseCase(many=True)
    behind = serializers.ListField(child=serializers.CharField())


class BiasGroups(_Told):
    question = serializers.CharField()
    answers = serializers.DictField(
        child=serializers.IntegerField(allow_null=True), help_text="Persons by answer; null where it is not shown."
    )
    persons = serializers.IntegerField(allow_null=True)


class BiasAnswer(Fields):
    computed_at = serializers.DateTimeField()
    judgments = serializers.IntegerField()
    not_persons = serializers.IntegerField(help_text="Rankings by pools, models and simulated labelers.")
    position = BiasPosition()
    length = BiasLength()
    styles = BiasStyle(many=True)
    rendering = BiasRendering()
    fatigue = BiasFatigue()
    speed = BiasSpeed()
    weight = BiasWeight()
    pasted = BiasPasted()
    languages = BiasLanguages()
    use_cases = BiasUseCases()
    groups = BiasGroups(many=True)
