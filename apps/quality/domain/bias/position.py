"""Do labelers prefer what they are shown first?

Candidates are shown in a shuffled order, so without such a bias each place wins half of its pairs, whatever the
candidates are worth.
"""

from dataclasses import dataclass

import numpy as np

from .columns import Small
from .estimate import Rate, Sentence, Told, Why
from .found import Found, not_said
from .lessons import Lesson
from .pairs import Pair, Table, preferred, rate


@dataclass(frozen=True, slots=True)
class Position:
    """`first`: how often the one shown earlier wins. `places`: how often the one at place 1, 2... wins against all
    others of its judgment. Ties are half."""

    first: Rate
    places: tuple[Rate, ...]
    told: Told


def position(table: Table) -> Position:
    shown = [np.ascontiguousarray(column) for column in table.given.shown.T]

    def earlier(pair: Pair) -> Small:
        one, other = shown[pair.first][pair.rows], shown[pair.second][pair.rows]
        return np.where((one > 0) & (other > 0), np.sign(other - one), np.int8(0))

    def at(place: int, pair: Pair) -> Small:
        known = earlier(pair) != 0
        here, there = shown[pair.first][pair.rows] == place, shown[pair.second][pair.rows] == place
        return np.where(known, here.astype(np.int8) - there, np.int8(0))

    first = rate(table, preferred(table, earlier), Why.NO_PLACES)
    last = int(table.given.shown.max(initial=0))
    places = tuple(
        rate(table, preferred(table, lambda pair, place=place: at(place, pair)), Why.NO_PLACES)  # type: ignore[misc]
        for place in range(1, last + 1)
    )
    return Position(first, places, _told(first))


def _told(first: Rate) -> Told:
    if first.value is None:
        return not_said(first)
    side = first.side_of(0.5)
    found = {1: Found.FIRST_WINS, -1: Found.FIRST_LOSES}.get(side or 0, Found.FIRST_EVEN)
    return Told(Sentence(found, {"share": first.value}), Sentence(Lesson.POSITION if side else Lesson.NOTHING))
