"""What a reward run's report says, in sentences that its intervals bear out.

A report is a program's JSON. Another version of the program may have written it, so whatever is not there is left out
rather than guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..charts.strips import Measure, Strips, measure, strips
from .card import Card, read_card
from .report_json import mapping, share, text, whole
from .saying import Sentence
from .saying import said as _
from .saying import said_of as ngettext
from .unit import unit_said
from .ways import ways_of

FEW_PROMPTS = 30
LONGER, SHORTER = _("Longer is better"), _("Shorter is better")


@dataclass(frozen=True, slots=True)
class RewardReading:
    """`strips` on one axis; `missing` says why a number is not there; `ways`: how it was trained; `card` is the rest of the report card."""

    strips: Strips
    missing: list[str]
    sentences: list[Sentence]
    ways: list[Sentence]
    left_out: dict[str, int]
    card: Card | None

    @property
    def measures(self) -> list[Measure]:
        return self.strips.rows


def read_reward(report: Mapping[str, Any], normalisation: Any = None) -> RewardReading:
    """`normalisation` is the manifest's, of the model that was made."""
    baselines = mapping(report.get("baselines"))
    held = mapping(report.get("held_out"))
    given = [
        ("held_out", _("The model, on held-out prompts"), held),
        _length_rule({**_sizes(held), **mapping(baselines.get("length"))}),
        ("bag_of_words", _("A bag of words"), {**_sizes(held), **mapping(baselines.get("bag_of_words"))}),
        ("agreement", _agreement_label(report), mapping(report.get("agreement"))),
        ("train", _("The model, on its training prompts"), mapping(report.get("train"))),
    ]
    drawn = strips(measure(key, label, numbers) for key, label, numbers in given)
    by = {row.key: row for row in drawn.rows}
    left_out = {why: n for why, found in mapping(report.get("left_out")).items() if (n := whole(found))}
    ways = [*ways_of(report), *unit_said(normalisation)]
    return RewardReading(drawn, _missing(report), sentences_of(by), ways, left_out, read_card(report.get("card"), by))


def sentences_of(by: Mapping[str, Measure]) -> list[Sentence]:
    """What may be said of these intervals, and no more. Overlap is not equality, and is not called so."""
    model = by.get("held_out")
    if model is None:
        return [_("Nothing can be said of prompts the model has not seen: none were held out.")]
    told = [_against_chance(model)]
    if (length := by.get("length")) is not None:
        longer, shorter = _("the rule that the longer reply is better"), _("the rule that the shorter reply is better")
        told.append(_against_rule(model, length, longer if length.label == LONGER else shorter))
    if (words := by.get("bag_of_words")) is not None:
        told.append(_against_rule(model, words, _("a bag of words")))
    if (people := by.get("agreement")) is not None:
        told.append(_against_people(model, people))
    if (train := by.get("train")) is not None and train.low > model.high:
        told.append(_("It knows its training prompts better than new ones: it has learned some of them by heart."))
    if model.prompts is not None and model.prompts < FEW_PROMPTS:
        told.append(
            ngettext(
                "Only {n} prompt was held out: read the intervals, not the points.",
                "Only {n} prompts were held out: read the intervals, not the points.",
                model.prompts, n=model.prompts,
            )
        )  # fmt: skip
    return told


def _length_rule(longer: Mapping[str, Any]) -> tuple[str, Sentence, Mapping[str, Any]]:
    """The report measures "longer is better". Where that is wrong more often than right, its reverse is what to beat."""
    accuracy, low, high = (share(longer.get(name)) for name in ("accuracy", "low", "high"))
    if accuracy is None or low is None or high is None or accuracy >= 0.5:
        return "length", LONGER, longer
    return "length", SHORTER, {**longer, "accuracy": 1 - accuracy, "low": 1 - high, "high": 1 - low}


def _against_chance(model: Measure) -> Sentence:
    if model.low > 0.5:
        return _("On held-out prompts it orders replies better than chance.")
    if model.high < 0.5:
        return _("On held-out prompts it orders replies worse than chance: something is wrong with it or its data.")
    return _("It is not shown to order replies better than chance: its interval holds 50\u00a0%.")


def _against_rule(model: Measure, rule: Measure, name: Sentence) -> Sentence:
    if model.low > rule.high:
        return _("It beats {rule}: the intervals do not meet.", rule=name)
    if model.high < rule.low:
        return _("It does worse than {rule}.", rule=name)
    if model.accuracy > rule.accuracy:
        return _("It is ahead of {rule}, but the intervals overlap: that it beats it is not shown.", rule=name)
    return _("It does not beat {rule}.", rule=name)


def _against_people(model: Measure, people: Measure) -> Sentence:
    if model.high < people.low:
        return _("It stays below the labelers' own agreement: there is something left to learn.")
    if model.low > people.high:
        return _(
            "It agrees with a labeler more often than two labelers agree with each other: they differ at random, "
            "it does not."
        )
    if model.accuracy >= people.low:
        return _("It is at the labelers' ceiling as far as these intervals tell: they agree with each other no better.")
    return _(
        "It is behind the labelers' own agreement, but the intervals overlap: that there is more to learn is not shown."
    )


def _agreement_label(report: Mapping[str, Any]) -> Sentence:
    on = text(mapping(report.get("agreement")).get("on"))
    return _("Two labelers with each other, on {prompts}", prompts=on) if on else _("Two labelers with each other")


def _missing(report: Mapping[str, Any]) -> list[str]:
    found = (text(report.get(key)) for key in ("why_no_held_out", "why_no_baselines", "why_no_agreement"))
    return [why for why in found if why]


def _sizes(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The baselines are measured on the model's held-out pairs."""
    return {name: numbers[name] for name in ("pairs", "prompts") if name in numbers}
