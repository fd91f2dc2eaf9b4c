"""Kendall's tau-b of two rankings and coefficient of concordance W of several, both with ties.

M. G. Kendall, Rank Correlation Methods, 4th ed. 1970, chapters 3 and 6.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .estimate import Counts, Estimate, Ties, Why
from .outcomes import Kinds
from .table import Ints, Tiers

Floats = npt.NDArray[np.float64]

TAU_B = "Kendall's tau-b"
W = "Kendall's W"


def tau_b(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Of two rankings: ranks, tiers or scores, as long as they run the same way."""
    if len(first) != len(second):
        return Estimate(TAU_B, Ties.TAU_B, Counts(), why=Why.MIXED_SIZES)
    one, other = (np.sign(np.subtract.outer(ranks, ranks))[np.triu_indices(len(first), 1)] for ranks in (first, second))
    counts = Counts(tasks=1, prompts=1, labelers=2, meetings=1, pairs=len(one))
    if not one.any() or not other.any():
        return Estimate(TAU_B, Ties.TAU_B, counts, why=Why.TIES_ONLY)
    value = float(one @ other) / math.sqrt(float(one @ one) * float(other @ other))
    return Estimate(TAU_B, Ties.TAU_B, counts, max(-1.0, min(1.0, value)))


def taus(said: Kinds) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """tau-b of each meeting, and whether it is defined (0 where it is not: one of the two tied everything)."""
    decided = said.same + said.opposite
    # Strict pairs of the first ranking: those that only the second ties belong to them.
    product = (decided + said.second_tied) * (decided + said.first_tied)
    defined = product > 0
    return (said.same - said.opposite) / np.sqrt(np.where(defined, product, 1)), defined


def concordance(rankings: Sequence[Sequence[float]]) -> Estimate:
    """W of several rankings of the same things: ranks, tiers or scores, a row a labeler."""
    if len(rankings) < 2:
        return Estimate(W, Ties.MID_RANKS, Counts(), why=Why.ONE_JUDGMENT if rankings else Why.NO_JUDGMENTS)
    if any(len(one) != len(other) for one, other in pairwise(rankings)):
        return Estimate(W, Ties.MID_RANKS, Counts(), why=Why.MIXED_SIZES)
    values = np.asarray(rankings, np.float64)
    m, size = values.shape
    meetings = m * (m - 1) // 2
    counts = Counts(tasks=1, prompts=1, labelers=m, meetings=meetings, pairs=meetings * size * (size - 1) // 2)
    below = (values[:, :, None] > values[:, None, :]).sum(axis=2)
    alike = (values[:, :, None] == values[:, None, :]).sum(axis=2)
    ranks_twice = (2 * below + alike + 1).astype(np.int64)
    value, defined = _w(
        np.array([m]), np.array([size]), ranks_twice.sum(axis=0, keepdims=True), np.array([(alike**2 - 1).sum()])
    )
    if not defined[0]:
        return Estimate(W, Ties.MID_RANKS, counts, why=Why.TIES_ONLY)
    return Estimate(W, Ties.MID_RANKS, counts, float(value[0]))


def friedman(w: float, *, labelers: int, size: int) -> tuple[float, float]:
    """Friedman's chi squared of a W, m(n-1)W, and its p with n-1 degrees of freedom."""
    chi2 = labelers * (size - 1) * w
    return chi2, _chi2_above(chi2, size - 1)


def concordances(tiers: Tiers, starts: npt.NDArray[np.intp]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """W of each unit: rows from one of `starts` to the next, all of which rank the same candidates."""
    ranks_twice, ties = _mid_ranks(tiers)
    m = np.diff(np.append(starts, len(tiers)))
    size = np.count_nonzero(tiers[starts], axis=1)
    return _w(m, size, np.add.reduceat(ranks_twice, starts, axis=0, dtype=np.int64), np.add.reduceat(ties, starts))


def _mid_ranks(tiers: Tiers) -> tuple[npt.NDArray[np.int16], Ints]:
    """Twice the mid-rank of each candidate (0 where none is), and of each ranking the sum of t^3 - t over its ties.

    A candidate tied with t - 1 others adds t^2 - 1, so a tie of t adds t(t^2 - 1).
    """
    places = [np.ascontiguousarray(tiers[:, place]) for place in range(tiers.shape[1])]
    ranks, ties = np.zeros(tiers.shape, np.int16), np.zeros(len(tiers), np.int64)
    for place, mine in enumerate(places):
        there = mine > 0
        above, alike = np.zeros(len(tiers), np.int16), np.zeros(len(tiers), np.int16)
        for other in places:
            above += (other < mine) & (other > 0)
            alike += other == mine
        ranks[:, place] = np.where(there, 2 * above + alike + 1, 0)
        ties += np.where(there, alike.astype(np.int64) ** 2 - 1, 0)
    return ranks, ties


def _w(m: Ints, size: Ints, sums_twice: Ints, ties: Ints) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """W = 12 S / (m^2 (n^3 - n) - m T), S the squared distance of the rank sums from their mean m(n+1)/2."""
    n, k = size.astype(np.int64), m.astype(np.int64)
    squares = (sums_twice.astype(np.int64) ** 2).sum(axis=1)
    # In twice the ranks: 4 S = sum of squares - (sum)^2 / n, and the sum is m n (n+1).
    four_s = squares - k**2 * n * (n + 1) ** 2
    below = k**2 * (n**3 - n) - k * ties
    defined = below > 0
    return np.where(defined, 3 * four_s / np.where(defined, below, 1), 0.0), defined


def _chi2_above(x: float, freedom: int) -> float:
    """The upper tail of chi squared with a whole number of degrees of freedom: a finite sum (Abramowitz and Stegun,
    26.4.4 and 26.4.5), so that no library is needed for it."""
    half = x / 2
    if freedom % 2 == 0:
        return sum(_poisson(half, at) for at in range(freedom // 2))
    return math.erfc(math.sqrt(half)) + sum(_poisson(half, at + 0.5) for at in range(freedom // 2))


def _poisson(mean: float, at: float) -> float:
    return math.exp(at * math.log(mean) - mean - math.lgamma(at + 1)) if mean > 0 else float(at == 0)
