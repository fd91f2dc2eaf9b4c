"""Intraclass correlations of ratings on a scale.

P. E. Shrout and J. L. Fleiss, Intraclass correlations: uses in assessing rater reliability, 1979: six forms, of a table
in which every rater rated every target. Where labelers differ from target to target, as in a queue, only the one-way
form applies; with unequal numbers of ratings its k is that of A. Donner, A review of inference procedures for the
intraclass correlation coefficient in the one-way random effects model, 1986.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .estimate import Counts, Estimate, Ties, Why
from .resampling import Bools, Floats


@dataclass(frozen=True, slots=True)
class Icc:
    """As Shrout and Fleiss name them: of one rating, and of the mean of k. 1: raters drawn anew for each target; 2: the
    same raters, a sample of many; 3: the same raters, and only they are of interest."""

    one_1: Estimate
    two_1: Estimate
    three_1: Estimate
    one_k: Estimate
    two_k: Estimate
    three_k: Estimate


def icc(ratings: Sequence[Sequence[float | None]]) -> Icc:
    """A row a target, a column a rater."""
    names = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
    n, k = len(ratings), len(ratings[0]) if len(ratings) else 0
    counts = Counts(tasks=n, labelers=k, meetings=n * k * (k - 1) // 2)
    if why := _unusable(ratings):
        return Icc(*(Estimate(name, Ties.NONE, counts, why=why) for name in names))
    found = _forms(np.asarray(ratings, np.float64))
    return Icc(*(_estimate(name, counts, *parts) for name, parts in zip(names, found, strict=True)))


def one_way(sums: Floats) -> tuple[Floats, Bools]:
    """ICC(1,1) with unequal numbers of ratings, from sums (..., 6) over targets: 1, k, k^2, the sum of the ratings t, the
    sum of their squares, t^2 / k."""
    n, ratings, k_squared, total, squares, between = (sums[..., at] for at in range(6))
    defined = (n >= 2) & (ratings > n)
    n_, ratings_ = np.where(defined, n, 2), np.where(defined, ratings, 3)
    bms = (between - total**2 / ratings_) / (n_ - 1)
    wms = (squares - between) / (ratings_ - n_)
    k = (ratings_ - k_squared / ratings_) / (n_ - 1)
    below = bms + (k - 1) * wms
    # Sums of squares of the same ratings differ in their last digits only: that is no variation.
    defined &= below > 1e-9 * np.maximum(squares, 1) / ratings_
    return (bms - wms) / np.where(defined, below, 1), defined


def _unusable(ratings: Sequence[Sequence[float | None]]) -> Why | None:
    if len(ratings) < 2:
        return Why.TOO_FEW_TARGETS
    if any(len(row) != len(ratings[0]) or None in row for row in ratings):
        return Why.INCOMPLETE
    return Why.ONE_LABELER if len(ratings[0]) < 2 else None


def _forms(x: Floats) -> list[tuple[float, float]]:
    """Numerator and denominator of each form, from the mean squares of the two-way analysis of variance."""
    n, k = x.shape
    grand = x.mean()
    bms = k * ((x.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    jms = n * ((x.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    within = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum()
    wms = within / (n * (k - 1))
    ems = max(within - (k - 1) * jms, 0.0) / ((n - 1) * (k - 1))
    return [
        (bms - wms, bms + (k - 1) * wms),
        (bms - ems, bms + (k - 1) * ems + k * (jms - ems) / n),
        (bms - ems, bms + (k - 1) * ems),
        (bms - wms, bms),
        (bms - ems, bms + (jms - ems) / n),
        (bms - ems, bms),
    ]


def _estimate(name: str, counts: Counts, above: float, below: float) -> Estimate:
    if below <= 1e-12:
        return Estimate(name, Ties.NONE, counts, why=Why.NO_AVERAGE if name.endswith("k)") else Why.NO_VARIATION)
    return Estimate(name, Ties.NONE, counts, float(above / below))
