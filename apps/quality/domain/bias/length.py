"""Do labelers prefer the longer candidate, and how far does "longer is better" go?

Length is in characters, which every script has. The relative difference of two lengths is their difference as a share of
the longer, in steps of a thousandth; four bands hold about as many pairs each.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .columns import Small
from .estimate import Rate, Sentence, Told, Why
from .found import Found, not_said
from .intervals import Ints
from .lessons import Lesson
from .others import Others, with_others
from .pairs import Pair, Table, preferred, rate, rule

BANDS = 4
_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Band:
    """Pairs whose relative difference is above `low` and up to `high`."""

    low: float
    high: float
    longer: Rate


@dataclass(frozen=True, slots=True)
class Length:
    """`longer`: how often the longer wins, a tie being half, over pairs of different lengths. `rule`: how often "the longer
    is better" is right, over pairs that are not tied, equal lengths being a coin; beside it the `agreement` of two
    labelers on pairs that neither ties, which no rule can be expected to pass by much."""

    longer: Rate
    bands: tuple[Band, ...]
    rule: Rate
    agreement: Rate
    told: Told


def length(table: Table, others: Others | None = None) -> Length:
    longer = rate(table, preferred(table, table.longer), Why.NO_DIFFERENCE)
    right = rate(table, rule(table, table.longer), Why.ALL_TIES)
    agreement = rate(table, (others or with_others(table)).strict, Why.NO_OVERLAP)
    return Length(longer, _bands(table), right, agreement, _told(longer))


def _bands(table: Table) -> tuple[Band, ...]:
    differences = [_difference(table, pair) for pair in table.pairs]
    edges = _edges(sum((np.bincount(one, minlength=_STEPS + 1) for one in differences), np.zeros(_STEPS + 1, np.int64)))

    def within(low: int, high: int, pair: Pair) -> Small:
        there = (differences[pair.at] > low) & (differences[pair.at] <= high)
        return np.where(there, table.longer(pair), np.int8(0))

    found = []
    for low, high in pairwise([0, *edges]):
        halves = preferred(table, lambda pair, low=low, high=high: within(low, high, pair))  # type: ignore[misc]
        found.append(Band(low / _STEPS, high / _STEPS, rate(table, halves, Why.NO_DIFFERENCE)))
    return tuple(found)


def _difference(table: Table, pair: Pair) -> npt.NDArray[np.int16]:
    """In thousandths of the longer, rounded up: 0 only where lengths are equal."""
    one, other = (table.lengths[place][pair.rows].astype(np.int64) for place in (pair.first, pair.second))
    longer = np.maximum(one, other)
    apart: npt.NDArray[np.int16] = (-(-_STEPS * np.abs(one - other) // np.maximum(longer, 1))).astype(np.int16)
    return apart


def _edges(number: Ints) -> list[int]:
    """The upper ends of the bands, from how many pairs there are at each difference; equal pairs are in none."""
    reached = np.cumsum(number[1:])
    if not len(reached) or not reached[-1]:
        return []
    wanted = reached[-1] * np.arange(1, BANDS + 1) / BANDS
    return sorted({int(at) + 1 for at in np.searchsorted(reached, wanted)})


def _told(longer: Rate) -> Told:
    if longer.value is None:
        return not_said(longer)
    side = longer.side_of(0.5) or 0
    found = {1: Found.LONGER_WINS, -1: Found.LONGER_LOSES}.get(side, Found.LONGER_EVEN)
    lesson = {1: Lesson.LONG, -1: Lesson.SHORT}.get(side, Lesson.NOTHING)
    return Told(Sentence(found, {"share": longer.value}), Sentence(lesson))
