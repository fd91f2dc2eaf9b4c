"""Agreement beyond chance of two labelers (Cohen) and of a fixed number of labelers a unit (Fleiss).

J. Cohen, A coefficient of agreement for nominal scales, 1960, and Weighted kappa, 1968; J. L. Fleiss, J. Cohen and
B. S. Everitt, Large sample standard errors of kappa and weighted kappa, 1969; J. L. Fleiss, Measuring nominal scale
agreement among many raters, 1971.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from .estimate import Counts, Estimate, Ties, Why
from .resampling import Bools, Floats

Ints = npt.NDArray[np.int64]

COHEN = "Cohen's kappa"
FLEISS = "Fleiss' kappa"
_Z95 = 1.959963984540054


class Weights(StrEnum):
    """What a disagreement costs: the same whatever it is, by the distance of the categories, or by its square."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa with its large-sample standard error, and the interval of 95 % that it gives. Units are taken as
    independent, which pairs of one prompt are not: for those see the bootstrap."""

    estimate: Estimate
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None


def contingency(first: npt.ArrayLike, second: npt.ArrayLike, categories: int) -> Ints:
    """(categories, categories): what the one labeler said by what the other said; codes from 0."""
    one, other = np.asarray(first, np.int64), np.asarray(second, np.int64)
    cells = np.bincount(one * categories + other, minlength=categories**2)
    return cells.reshape(categories, categories).astype(np.int64)


def cohen_kappa(table: npt.ArrayLike, weights: Weights = Weights.NONE, ties: Ties = Ties.NONE) -> Kappa:
    """Of a square table: rows the one labeler's categories, columns the other's, in the same order."""
    cells = np.asarray(table, np.float64)
    total = int(cells.sum())
    counts = Counts(tasks=total, labelers=2, meetings=total)
    if not total:
        return Kappa(Estimate(COHEN, ties, counts, why=Why.NO_OVERLAP))
    p, agree = cells / total, _credits(len(cells), weights)
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((agree * p).sum()), float(row @ agree @ column)
    if expected >= 1 - 1e-12:
        return Kappa(Estimate(COHEN, ties, counts, why=Why.NO_VARIATION))
    kappa = (observed - expected) / (1 - expected)
    error = _standard_error(p, agree, observed, expected, total)
    return Kappa(Estimate(COHEN, ties, counts, kappa), error, kappa - _Z95 * error, kappa + _Z95 * error)


def _credits(size: int, weights: Weights) -> Floats:
    """How much of an agreement each cell is, 1 on the diagonal."""
    if weights is Weights.NONE:
        return np.eye(size)
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(size - 1, 1)
    return np.asarray(1 - (apart if weights is Weights.LINEAR else apart**2), np.float64)


def _standard_error(p: Floats, agree: Floats, observed: float, expected: float, total: int) -> float:
    """Fleiss, Cohen and Everitt 1969, for a kappa that is not zero; without weights a special case of it."""
    row, column = p.sum(axis=1), p.sum(axis=0)
    # The mean credit of each row category over the other's marginals, and of each column category.
    means = (agree @ column)[:, None] + (row @ agree)[None, :]
    spread = float((p * (agree * (1 - expected) - means * (1 - observed)) ** 2).sum())
    drift = observed * expected - 2 * expected + observed
    return math.sqrt(max(spread - drift**2, 0.0) / total) / (1 - expected) ** 2


def fleiss_kappa(counts: npt.ArrayLike, ties: Ties = Ties.NONE) -> Estimate:
    """Of a table (units, categories): how many labelers put the unit into the category, equally many a unit."""
    cells = np.asarray(counts, np.int64)
    m = cells.sum(axis=1) if len(cells) else np.zeros(0, np.int64)
    if not len(m) or m.max() < 2:
        return Estimate(FLEISS, ties, Counts(tasks=len(m)), why=Why.NO_OVERLAP if m.any() else Why.NO_JUDGMENTS)
    if (m != m[0]).any():
        return Estimate(FLEISS, ties, Counts(tasks=len(m)), why=Why.MIXED_LABELERS)
    labelers, units = int(m[0]), len(m)
    rests_on = Counts(tasks=units, meetings=units * labelers * (labelers - 1) // 2)
    agreeing = float((cells * (cells - 1)).sum()) / (units * labelers * (labelers - 1))
    value, defined = _beyond(np.float64(agreeing), ((cells.sum(axis=0) / (units * labelers)) ** 2).sum())
    if not defined:
        return Estimate(FLEISS, ties, rests_on, why=Why.NO_VARIATION)
    return Estimate(FLEISS, ties, rests_on, float(value))


def fleiss_of_pairs(sums: Floats) -> tuple[Floats, Bools]:
    """Over better / tie / worse in both orientations, from sums (..., 3) over tasks with equally many labelers:
    agreeing comparisons, values tie (two a comparison at most), comparisons."""
    agreeing, ties, compared = sums[..., 0], sums[..., 1], sums[..., 2]
    some = np.where(compared > 0, compared, 1)
    tie = ties / (2 * some)
    value, defined = _beyond(agreeing / some, tie**2 + (1 - tie) ** 2 / 2)
    return value, defined & (compared > 0)


def cohen_of_pairs(
    agreeing: npt.ArrayLike, first_ties: npt.ArrayLike, second_ties: npt.ArrayLike, compared: npt.ArrayLike
) -> tuple[Floats, Bools]:
    """Over better / tie / worse in both orientations, from counts of agreeing pairs, of the ties of either labeler and of
    all pairs."""
    total = np.asarray(compared, np.float64)
    some = np.where(total > 0, total, 1)
    one, other = np.asarray(first_ties) / some, np.asarray(second_ties) / some
    value, defined = _beyond(np.asarray(agreeing) / some, one * other + (1 - one) * (1 - other) / 2)
    return value, defined & (total > 0)


def _beyond(observed: Floats | np.float64, expected: Floats | np.float64) -> tuple[Floats, Bools]:
    defined = np.asarray(expected < 1 - 1e-12)
    return np.asarray((observed - expected) / np.where(defined, 1 - expected, 1)), defined
