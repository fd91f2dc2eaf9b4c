"""Labeler by labeler, or labeler by reference: how well each two agree, and on how much."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .estimate import Counts, Estimate, Ties, Why
from .kappa import COHEN, cohen_of_pairs
from .kendall import TAU_B
from .section import AGREEMENT
from .sums import Ints, Sums
from .tally import KINDS, UNIT, At, Tally


@dataclass(frozen=True, slots=True)
class Cell:
    """Two labelers, or one beside all others (`second` is None). kappa is over pairs in both orientations. `tied` and
    `tied_by_second`: of how many of the compared pairs each of the two said tie."""

    first: int
    second: int | None
    counts: Counts
    agreement: Estimate
    agreement_without_ties: Estimate
    kappa: Estimate
    tau_b: Estimate
    tied: int
    tied_by_second: int


@dataclass(frozen=True)
class Matrix:
    """Only labelers who met have a cell; what is not there has no number rather than a bad one. In a matrix against
    references the second of a cell is a reference."""

    sums: Sums

    def __len__(self) -> int:
        return len(self.sums.keys)

    def cells(self) -> Iterator[Cell]:
        """By first and second labeler."""
        for (_, first, second), row in zip(self.sums.keys.tolist(), self.sums.counts, strict=True):
            yield _cell(first, second, row, labelers=2)

    def cell(self, first: int, second: int) -> Cell | None:
        """Of two labelers, in whatever order they are named; None where they never met."""
        for one, other, swap in ((first, second, False), (second, first, True)):
            found = np.flatnonzero((self.sums.keys[:, 1] == one) & (self.sums.keys[:, 2] == other))
            if len(found):
                row = self.sums.counts[found[0]]
                return _cell(first, second, _swapped(row) if swap else row, labelers=2)
        return None

    def labelers(self) -> list[int]:
        """Everybody who met somebody."""
        return [int(labeler) for labeler in np.unique(self.sums.keys[:, 1:])]

    def with_others(self, labeler: int) -> Cell:
        """One labeler beside everybody met: each meeting counts once."""
        left, right = self.sums.keys[:, 1] == labeler, self.sums.keys[:, 2] == labeler
        row = self.sums.counts[left].sum(axis=0) + _swapped(self.sums.counts[right].sum(axis=0))
        others = len(np.unique(self.sums.keys[left | right][:, 1:]))
        return _cell(labeler, None, row, labelers=others)


def matrix(tally: Tally, group: int = 0) -> Matrix:
    """Of `tally(...)`, or of `tally_against(...)` for labeler by reference."""
    return Matrix(tally.labelers.of_group(group))


def _cell(first: int, second: int | None, row: Ints, *, labelers: int) -> Cell:
    meetings, compared = int(row[At.MEETINGS]), int(row[KINDS].sum())
    # Two labelers meet once a task; how many tasks several meetings are is not known here.
    counts = Counts(tasks=meetings if second is not None else 0, labelers=labelers, meetings=meetings, pairs=compared)
    agreeing, decided = int(row[At.SAME] + row[At.BOTH_TIED]), int(row[At.SAME] + row[At.OPPOSITE])
    one, other = int(row[At.BOTH_TIED] + row[At.FIRST_TIED]), int(row[At.BOTH_TIED] + row[At.SECOND_TIED])
    kappa, defined = cohen_of_pairs(agreeing, one, other, compared)
    taus = int(row[At.TAUS])

    def say(method: str, ties: Ties, value: float | None, why: Why, left_out: int = 0) -> Estimate:
        if not meetings:
            return Estimate(method, ties, counts, why=Why.NO_OVERLAP)
        return Estimate(method, ties, counts, value, why=why if value is None else None, left_out=left_out)

    return Cell(
        first, second, counts,
        agreement=say(AGREEMENT, Ties.OUTCOME, agreeing / compared if compared else None, Why.NO_OVERLAP),
        agreement_without_ties=say(AGREEMENT, Ties.LEFT_OUT, int(row[At.SAME]) / decided if decided else None,
                                   Why.ALL_TIES, compared - decided),
        kappa=say(COHEN, Ties.CATEGORY, float(kappa) if defined else None, Why.NO_VARIATION),
        tau_b=say(TAU_B, Ties.TAU_B, int(row[At.TAU]) / UNIT / taus if taus else None, Why.TIES_ONLY, meetings - taus),
        tied=one, tied_by_second=other,
    )  # fmt: skip


def _swapped(row: Ints) -> Ints:
    """The same two labelers, the other first."""
    turned = row.copy()
    turned[[At.FIRST_TIED, At.SECOND_TIED]] = row[[At.SECOND_TIED, At.FIRST_TIED]]
    return turned
