"""Intervals over clusters.

Over prompts: the percentile bootstrap that agreement has too (`domain.resampling`).

Over labelers, of whom there are few: the linearised ratio with Student's t and one degree of freedom less than labelers
(W. G. Cochran, Sampling Techniques, 3rd ed. 1977, chapters 6 and 9A). Of one labeler: E. B. Wilson, Probable Inference,
1927.
"""

import math

import numpy as np
import numpy.typing as npt

from ..checks import Ints as Ints
from ..resampling import LEVEL as LEVEL
from ..resampling import SEED as SEED
from ..resampling import Bools as Bools
from ..resampling import Bootstrap as Bootstrap
from ..resampling import Floats as Floats
from ..resampling import Statistic as Statistic
from ..resampling import ratio as ratio
from .estimate import Interval, Method

Wide = npt.NDArray[np.int32]

Z = 1.959963984540054
# Below this many, the spread of clusters says too little about that of all clusters.
FEWEST_PROMPTS = 20
FEWEST_LABELERS = 3
DEFAULT = Bootstrap()


def over_prompts(sums: Ints, statistic: Statistic, bootstrap: Bootstrap = DEFAULT) -> Interval | None:
    """`sums` has a row a prompt. None where all are alike, or the statistic is defined in no resample."""
    if len(sums) < 2 or not np.ptp(sums, axis=0).any():
        return None
    found = bootstrap.interval(*statistic(bootstrap.drawn(sums)))
    return None if found is None else Interval(found.low, found.high, found.level, Method.PROMPTS)


def wilson(successes: float, trials: int, method: Method = Method.WILSON) -> Interval:
    """Of at least one trial."""
    share, square = successes / trials, Z**2 / trials
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return Interval(max(0.0, middle - half), min(1.0, middle + half), LEVEL, method)


def over_labelers(above: npt.ArrayLike, below: npt.ArrayLike, *, share: bool = True) -> Interval | None:
    """Of the sum of `above` by the sum of `below`, a number a labeler each; a `share` stays within 0 and 1. None with
    fewer than FEWEST_LABELERS."""
    a, b = np.asarray(above, np.float64), np.asarray(below, np.float64)
    a, b = a[b > 0], b[b > 0]
    labelers = len(b)
    if labelers < FEWEST_LABELERS:
        return None
    value = float(a.sum() / b.sum())
    off = a - value * b
    if share and np.allclose(off, 0):
        return wilson(value * labelers, labelers, Method.SAME_EVERYWHERE)
    half = student(labelers - 1) * math.sqrt(float((off**2).sum()) * labelers / (labelers - 1)) / float(b.sum())
    low, high = value - half, value + half
    if share:
        low, high = max(0.0, low), min(1.0, high)
    return Interval(low, high, LEVEL, Method.LABELERS)


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t with two degrees of freedom or more (M. Abramowitz and I. A. Stegun, Handbook
    of Mathematical Functions, 26.7.5), to 2 % or better."""
    z, n = Z, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )
