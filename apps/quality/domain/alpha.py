"""Krippendorff's alpha: K. Krippendorff, Content Analysis, 4th ed. 2018, chapter 12; Computing Krippendorff's
Alpha-Reliability, 2011.

alpha = 1 - D_o / D_e from a matrix of coincidences o: each unit with m >= 2 values gives each ordered pair of values
of two labelers 1 / (m - 1). Units with one value, and missing values, take no part.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from .estimate import Counts, Estimate, Ties, Why
from .resampling import Bools, Floats

Ints = npt.NDArray[np.int64]


class Level(StrEnum):
    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


def krippendorff_alpha(
    units: Sequence[Sequence[float | None]], level: Level = Level.NOMINAL, ties: Ties = Ties.NONE
) -> Estimate:
    """A row a unit, with the value each labeler gave it, None where one gave none."""
    given = [[value for value in unit if value is not None] for unit in units]
    values = sorted({value for unit in given for value in unit})
    place = {value: at for at, value in enumerate(values)}
    counts = np.zeros((len(given), len(values)), np.int64)
    for row, unit in enumerate(given):
        for value in unit:
            counts[row, place[value]] += 1
    return alpha_of_counts(counts, values, level, ties)


def alpha_of_counts(
    counts: Ints, values: Sequence[float], level: Level = Level.NOMINAL, ties: Ties = Ties.NONE
) -> Estimate:
    """`counts` (units, values): how many labelers gave the unit the value; `values` rise."""
    m = counts.sum(axis=1)
    paired = m >= 2
    rests_on = Counts(tasks=int(paired.sum()), meetings=int((m * (m - 1) // 2).sum()))
    method = f"Krippendorff's alpha, {level}"
    alone = int((~paired).sum())
    if not paired.any():
        why = Why.NO_OVERLAP if m.any() else Why.NO_JUDGMENTS
        return Estimate(method, ties, rests_on, why=why, left_out=alone)
    value, defined = alpha_of(coincidences(counts[paired]), np.asarray(values, np.float64), level)
    if not defined:
        return Estimate(method, ties, rests_on, why=Why.NO_VARIATION, left_out=alone)
    return Estimate(method, ties, rests_on, float(value), left_out=alone)


def coincidences(counts: Ints) -> Floats:
    """(values, values) from (units, values); every unit has two values or more."""
    weighted = counts / (counts.sum(axis=1, keepdims=True) - 1)
    found: Floats = counts.T @ weighted
    found[np.diag_indices_from(found)] -= weighted.sum(axis=0)
    return found


def alpha_of(found: Floats, values: Floats, level: Level) -> tuple[Floats, Bools]:
    """Of coincidences (..., values, values): alpha, and whether it is defined (not where nothing varies)."""
    totals = found.sum(axis=-1)
    n = totals.sum(axis=-1)
    delta = _distances(values, totals, level)
    observed = (found * delta).sum(axis=(-1, -2))
    expected = (totals[..., :, None] * totals[..., None, :] * delta).sum(axis=(-1, -2))
    defined = expected > 0
    return 1 - (n - 1) * observed / np.where(defined, expected, 1), defined


def _distances(values: Floats, totals: Floats, level: Level) -> Floats:
    """The squared difference of each two values, as the level of measurement sees it."""
    one, other = values[:, None], values[None, :]
    if level is Level.NOMINAL:
        return np.asarray(one != other, np.float64)
    if level is Level.INTERVAL:
        return np.asarray((one - other) ** 2, np.float64)
    if level is Level.RATIO:
        total = one + other
        return np.asarray((one - other) ** 2 / np.where(total == 0, 1, total) ** 2, np.float64)
    # Ordinal: how many values lie between, half of each end included.
    middle = np.cumsum(totals, axis=-1) - totals / 2
    return np.asarray((middle[..., :, None] - middle[..., None, :]) ** 2, np.float64)


def alpha_of_pairs(sums: Floats) -> tuple[Floats, Bools]:
    """Nominal alpha over better / tie / worse with each pair in both orientations, from sums (..., 3) of coincidences:
    disagreeing, of the value tie, of all values. Both orientations make better as frequent as worse."""
    disagreeing, tie, n = sums[..., 0], sums[..., 1], sums[..., 2]
    squares = tie**2 + (n - tie) ** 2 / 2
    expected = n**2 - squares
    defined = (expected > 0) & (n > 1)
    return 1 - (n - 1) * disagreeing / np.where(defined, expected, 1), defined
