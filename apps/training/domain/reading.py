"""What a reward run's report says, in sentences that its intervals bear out.

A report is a program's JSON. Another version of the program may have written it, so whatever is not there is left out
rather than guessed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .chart import STRIP_HIGH, along, percent, strip_low

FEW_PROMPTS = 30
LONGER, SHORTER = "Longer is better", "Shorter is better"


@dataclass(frozen=True, slots=True)
class Measure:
    """The share of ordered pairs on which something agrees with the labelers, with its 95 % interval."""

    key: str
    label: str
    accuracy: float
    low: float
    high: float
    pairs: int | None
    prompts: int | None
    axis: float = 0.4

    @property
    def text(self) -> str:
        return percent(self.accuracy)

    @property
    def interval(self) -> str:
        return f"{100 * self.low:.1f} to {percent(self.high)}"

    @property
    def at(self) -> str:
        return along(self.accuracy, self.axis)

    @property
    def begin(self) -> str:
        return along(self.low, self.axis)

    @property
    def end(self) -> str:
        return along(self.high, self.axis)


@dataclass(frozen=True, slots=True)
class RewardReading:
    """`measures` on one axis that starts at `axis`; `missing` says why a number is not there."""

    measures: list[Measure]
    missing: list[str]
    sentences: list[str]
    axis: float
    left_out: dict[str, int]

    @property
    def ticks(self) -> list[tuple[str, str]]:
        """Places and names of the axis' ticks, a tenth apart."""
        first = round(10 * self.axis)
        return [(along(tenth / 10, self.axis), f"{10 * tenth}") for tenth in range(first, round(10 * STRIP_HIGH) + 1)]

    @property
    def chance(self) -> str:
        return along(0.5, self.axis)


def read_reward(report: Mapping[str, Any]) -> RewardReading:
    baselines = _mapping(report.get("baselines"))
    held = _mapping(report.get("held_out"))
    given = [
        ("held_out", "The model, on held-out prompts", held),
        _length_rule({**_sizes(held), **_mapping(baselines.get("length"))}),
        ("bag_of_words", "A bag of words", {**_sizes(held), **_mapping(baselines.get("bag_of_words"))}),
        ("agreement", _agreement_label(report), _mapping(report.get("agreement"))),
        ("train", "The model, on its training prompts", _mapping(report.get("train"))),
    ]
    found = [measure for key, label, numbers in given if (measure := _measure(key, label, numbers))]
    axis = strip_low([measure.low for measure in found])
    measures = [
        Measure(m.key, m.label, m.accuracy, m.low, m.high, m.pairs, m.prompts, axis) for m in found
    ]  # one axis for all
    left_out = {str(why): n for why, n in _mapping(report.get("left_out")).items() if isinstance(n, int) and n}
    return RewardReading(measures, _missing(report), sentences_of({m.key: m for m in measures}), axis, left_out)


def sentences_of(by: Mapping[str, Measure]) -> list[str]:
    """What may be said of these intervals, and no more. Overlap is not equality, and is not called so."""
    model = by.get("held_out")
    if model is None:
        return ["Nothing can be said of prompts the model has not seen: none were held out."]
    told = [_against_chance(model)]
    if (length := by.get("length")) is not None:
        rule = "longer" if length.label == LONGER else "shorter"
        told.append(_against_rule(model, length, f"the rule that the {rule} reply is better"))
    if (words := by.get("bag_of_words")) is not None:
        told.append(_against_rule(model, words, "a bag of words"))
    if (people := by.get("agreement")) is not None:
        told.append(_against_people(model, people))
    if (train := by.get("train")) is not None and train.low > model.high:
        told.append("It knows its training prompts better than new ones: it has learned some of them by heart.")
    if model.prompts is not None and model.prompts < FEW_PROMPTS:
        told.append(f"Only {model.prompts} prompts were held out: read the intervals, not the points.")
    return told


def _length_rule(longer: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """The report measures "longer is better". Where that is wrong more often than right, its reverse is what to beat."""
    accuracy, low, high = (_share(longer.get(name)) for name in ("accuracy", "low", "high"))
    if accuracy is None or low is None or high is None or accuracy >= 0.5:
        return "length", LONGER, longer
    return "length", SHORTER, {**longer, "accuracy": 1 - accuracy, "low": 1 - high, "high": 1 - low}


def _against_chance(model: Measure) -> str:
    if model.low > 0.5:
        return "On held-out prompts it orders replies better than chance."
    if model.high < 0.5:
        return "On held-out prompts it orders replies worse than chance: something is wrong with it or its data."
    return "It is not shown to order replies better than chance: its interval holds 50\u00a0%."


def _against_rule(model: Measure, rule: Measure, name: str) -> str:
    if model.low > rule.high:
        return f"It beats {name}: the intervals do not meet."
    if model.high < rule.low:
        return f"It does worse than {name}."
    if model.accuracy > rule.accuracy:
        return f"It is ahead of {name}, but the intervals overlap: that it beats it is not shown."
    return f"It does not beat {name}."


def _against_people(model: Measure, people: Measure) -> str:
    if model.high < people.low:
        return "It stays below the labelers' own agreement: there is something left to learn."
    if model.low > people.high:
        return (
            "It agrees with a labeler more often than two labelers agree with each other: they differ at random, "
            "it does not."
        )
    return "It is at the labelers' ceiling as far as these intervals tell: they agree with each other no better."


def _agreement_label(report: Mapping[str, Any]) -> str:
    on = _mapping(report.get("agreement")).get("on")
    return f"Two labelers with each other, on {on}" if isinstance(on, str) and on else "Two labelers with each other"


def _missing(report: Mapping[str, Any]) -> list[str]:
    keys = ("why_no_held_out", "why_no_baselines", "why_no_agreement")
    return [why for key in keys if isinstance(why := report.get(key), str) and why]


def _measure(key: str, label: str, numbers: Mapping[str, Any]) -> Measure | None:
    accuracy, low, high = (_share(numbers.get(name)) for name in ("accuracy", "low", "high"))
    if accuracy is None or low is None or high is None:
        return None
    return Measure(key, label, accuracy, low, high, _whole(numbers.get("pairs")), _whole(numbers.get("prompts")))


def _sizes(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The baselines are measured on the model's held-out pairs."""
    return {name: numbers[name] for name in ("pairs", "prompts") if name in numbers}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _share(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number and 0 <= value <= 1 else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
