"""Stretches of work: a labeler's submits with less than half an hour between each two."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .columns import Rankings
from .intervals import Floats, Ints

PAUSE = 30 * 60
# Hours are told one by one up to here; the last holds all later ones.
HOURS = 6


@dataclass(frozen=True, eq=False)
class Stretches:
    """Of the judgments whose time is known, of persons: `rows` of the table, the stretch of each from 0, and the hours
    since the first submit of the stretch."""

    rows: npt.NDArray[np.intp]
    stretch: Ints
    elapsed: Floats

    @property
    def hour(self) -> Ints:
        """0 is the first hour."""
        return np.minimum(self.elapsed.astype(np.int64), HOURS - 1)


def stretches(given: Rankings) -> Stretches:
    rows = np.flatnonzero(given.person & (given.submitted >= 0))
    rows = rows[np.lexsort((given.submitted[rows], given.labeler[rows]))]
    labeler, when = given.labeler[rows], given.submitted[rows]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (labeler[1:] != labeler[:-1]) | (np.diff(when) >= PAUSE)
    stretch = np.cumsum(begins) - 1
    elapsed = (when - when[begins][stretch]) / 3600 if len(rows) else np.zeros(0)
    return Stretches(rows, stretch.astype(np.int64), elapsed.astype(np.float64))
