"""Two judgments side by side, as the page shows them: their orders, and where they differ, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from .domain.apart import apart, pairs_of
from .selectors.sheet import Sheet, Voice

ORDINALS = (
    later("First"), later("Second"), later("Third"), later("Fourth"), later("Fifth"), later("Sixth"), later("Seventh"),
    later("Eighth"), later("Ninth"), later("Tenth"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """What one labeler said of one candidate: ratings and flags by name, each with whether the other said otherwise."""

    letter: str
    said: list[tuple[str, Any, bool]]
    note: str


@dataclass(frozen=True, slots=True)
class Column:
    """`rungs`: its ladder from the best, letters that tie on one rung, each with whether the other placed it otherwise."""

    voice: Voice
    name: str | Promise
    rungs: list[list[tuple[str, bool]]]
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Difference:
    """`opposite`: each calls the other's worse one better."""

    pair: str
    left: str
    right: str
    opposite: bool


@dataclass(frozen=True, slots=True)
class TwoUp:
    left: Column
    right: Column
    differences: list[Difference]
    pairs: int

    @property
    def alike(self) -> int:
        return self.pairs - len(self.differences)


def two_up(sheet: Sheet, left: int, right: int) -> TwoUp:
    """The voices of those numbers; where there are no such two, the two that are furthest apart."""
    numbers = range(1, len(sheet.voices) + 1)
    if left == right or left not in numbers or right not in numbers:
        left, right = _furthest(sheet)
    one, other = sheet.voices[left - 1], sheet.voices[right - 1]
    found = apart(one.tiers, other.tiers)
    moved = {sheet.letters[place] for pair in found for place in (pair.first, pair.second)}
    return TwoUp(
        left=_column(sheet, one, other, moved),
        right=_column(sheet, other, one, moved),
        differences=[
            Difference(
                _("%(first)s and %(second)s") % {"first": sheet.letters[pair.first], "second": sheet.letters[pair.second]},
                _in_words(sheet.letters[pair.first], sheet.letters[pair.second], pair.one),
                _in_words(sheet.letters[pair.first], sheet.letters[pair.second], pair.other),
                pair.opposite,
            )
            for pair in found
        ],
        pairs=pairs_of(len(sheet.candidates)),
    )  # fmt: skip


def name_of(voice: Voice) -> str | Promise:
    return ORDINALS[voice.number - 1] if voice.number <= len(ORDINALS) else f"{voice.number}."


def _furthest(sheet: Sheet) -> tuple[int, int]:
    """Of equals the earliest; judgments of one task are few."""
    voices = sheet.voices[:50]
    pairs = [(one, other) for i, other in enumerate(voices) for one in voices[:i]]
    best = max(pairs, key=lambda pair: (len(apart(pair[0].tiers, pair[1].tiers)), -pair[1].number, -pair[0].number))
    return best[0].number, best[1].number


def _column(sheet: Sheet, voice: Voice, beside: Voice, moved: set[str]) -> Column:
    rungs = [
        [(letter, letter in moved) for letter, own in zip(sheet.letters, voice.tiers, strict=True) if own == tier]
        for tier in sorted(set(voice.tiers))
    ]
    cells = [
        Cell(letter, _said(own, others), str(own.get("note", "")))
        for letter, own, others in zip(sheet.letters, voice.ratings, beside.ratings, strict=True)
    ]
    return Column(voice, name_of(voice), rungs, cells)


def _said(own: Mapping[str, Any], others: Mapping[str, Any]) -> list[tuple[str, Any, bool]]:
    """Scales, then flags; what was not asked of a candidate is not told."""
    mine, theirs = _flat(own), _flat(others)
    return [(name, value, theirs.get(name) != value) for name, value in mine.items() if value != "na"]


def _flat(rating: Mapping[str, Any]) -> dict[str, Any]:
    scales = {name: value for name, value in sorted(rating.items()) if name not in ("flags", "note")}
    return scales | dict(sorted(rating.get("flags", {}).items()))


def _in_words(first: str, second: str, said: int) -> str:
    if said == 0:
        return _("a tie")
    better: Sequence[str] = (first, second) if said > 0 else (second, first)
    return _("%(better)s is better") % {"better": better[0]}
