"""Do labelers prefer formatting, hedging, politeness, exclamation, refusal, and is it more than length?

Longer texts have more of everything, so each rate stands beside the same rate over pairs of like length: the shorter has
at least nine tenths of the characters of the longer.
"""

from dataclasses import dataclass

import numpy as np

from .columns import Small
from .estimate import Rate, Sentence, Told, Value, Why
from .found import Found, not_said
from .lessons import Lesson
from .marks import ENGLISH, Mark
from .pairs import More, Pair, Table, more_of, preferred, rate


@dataclass(frozen=True, slots=True)
class Style:
    """How often the one that has more of a mark wins, a tie being half: over all pairs in which one has more, and over
    those of like length."""

    mark: Mark
    more: Rate
    matched: Rate
    told: Told


def styles(table: Table) -> tuple[Style, ...]:
    return tuple(_style(table, mark) for mark in Mark)


def _style(table: Table, mark: Mark) -> Style:
    missing = Why.NO_DIFFERENCE
    if mark in ENGLISH and not table.given.features.english.any():
        missing = Why.NOT_ENGLISH
    more = more_marked(table, mark)

    def alike(pair: Pair) -> Small:
        return np.where(table.matched[pair.at], more(pair), np.int8(0))

    whole = rate(table, preferred(table, more), missing)
    matched = rate(table, preferred(table, alike), missing)
    return Style(mark, whole, matched, _told(mark, whole, matched))


def more_marked(table: Table, mark: Mark) -> More:
    """Which of two has more of a mark. The word lists count nothing in texts that are not English."""
    columns = table.by_place(table.given.features.mark(mark))
    return lambda pair: more_of(columns, pair)


def _told(mark: Mark, whole: Rate, matched: Rate) -> Told:
    if whole.value is None:
        return not_said(whole)
    found, lesson = _verdict(whole.value, whole.side_of(0.5) or 0, matched)
    values: dict[str, Value] = {"mark": mark, "share": whole.value}
    if matched.value is not None:
        values["matched"] = matched.value
    return Told(Sentence(found, values), Sentence(lesson, {"mark": mark}))


def _verdict(value: float, side: int, matched: Rate) -> tuple[Found, Lesson]:
    """What stands among pairs of like length is no matter of length. What does not stand there is one only if those pairs
    would have shown it: if their interval leaves the whole rate out."""
    alike = matched.side_of(0.5)
    if alike:
        lesson = Lesson.MORE if alike > 0 else Lesson.LESS
        if side != alike:
            return Found.MORE_ONLY_MATCHED, lesson
        return (Found.MORE_WINS if side > 0 else Found.MORE_LOSES), lesson
    if not side:
        return Found.MORE_EVEN, Lesson.NOTHING
    if matched.side_of(value):
        return Found.MORE_BY_LENGTH, Lesson.BY_LENGTH
    return Found.MORE_UNMATCHED, Lesson.ENTANGLED
