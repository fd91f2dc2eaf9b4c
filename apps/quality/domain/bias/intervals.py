"""Intervals over clusters.

Over prompts: the percentile bootstrap (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6
and 13), at a cost that hardly grows with their number. All sums are whole numbers, so prompts with equal sums are one
kind; where there are few kinds, how often each is drawn is one multinomial draw, which is the same distribution. Where
there are many kinds of very many prompts, they are dealt at random into 4,096 groups, and groups are drawn (random
groups: K. Wolter, Introduction to Variance Estimation, 2nd ed. 2007, chapter 2).

Over labelers, of whom there are few: the linearised ratio with Student's t and one degree of freedom less than labelers
(W. G. Cochran, Sampling Techniques, 3rd ed. 1977, chapters 6 and 9A). Of one labeler: E. B. Wilson, Probable Inference,
1927.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..checks import Ints as Ints
from ..resampling import LEVEL as LEVEL
from ..resampling import RESAMPLES as RESAMPLES
from ..resampling import SEED as SEED
from ..resampling import Bools as Bools
from ..resampling import Floats as Floats
from ..resampling import Statistic as Statistic
from ..resampling import ratio as ratio
from .estimate import Interval, Method

Wide = npt.NDArray[np.int32]

Z = 1.959963984540054
# Below this many, the spread of clusters says too little about that of all clusters.
FEWEST_PROMPTS = 20
FEWEST_LABELERS = 3
# Up to this many kinds, how often each is drawn is drawn directly.
_FEW_KINDS = 256
# More prompts than this are dealt into so many groups, which are drawn.
_GROUPS = 4096


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The same seed and the same sums give the same interval, in whatever order the clusters come."""

    resamples: int = RESAMPLES
    seed: int = SEED

    def interval(self, sums: Ints, statistic: Statistic) -> Interval | None:
        """`sums` has a row a cluster. None where all clusters are alike, or the statistic is defined in no resample."""
        kinds, number = kinds_of(sums)
        if len(kinds) < 2:
            return None
        values, defined = statistic(self._drawn(kinds, number))
        if not defined.any():
            return None
        low, high = np.quantile(values[defined], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Interval(float(low), float(high), LEVEL, Method.PROMPTS)

    def _drawn(self, kinds: Ints, number: Ints) -> Floats:
        """(resamples, columns): the sums of each resample."""
        clusters = int(number.sum())
        if len(kinds) <= _FEW_KINDS:
            rng = np.random.default_rng(self.seed)
            drawn = rng.multinomial(clusters, number / clusters, size=self.resamples) @ kinds
            return np.asarray(drawn, np.float64)
        rows = np.repeat(kinds, number, axis=0)
        if clusters > _GROUPS:
            rows = self._dealt(rows)
        return _times(self.seed, self.resamples, len(rows)) @ rows.astype(np.float64)

    def _dealt(self, rows: Ints) -> Ints:
        """Clusters dealt at random into groups of equal size, give or take one. The spread of so many groups is that of
        their clusters, to about one hundredth."""
        order = np.random.default_rng(self.seed).permutation(len(rows))
        starts = np.arange(_GROUPS) * len(rows) // _GROUPS
        return np.add.reduceat(rows[order], starts, axis=0)


@lru_cache(maxsize=4)
def _times(seed: int, resamples: int, rows: int) -> Floats:
    """(resamples, rows): how often each row is drawn. The reports of one table mostly ask for the same."""
    drawn = np.random.default_rng(seed).integers(0, rows, (resamples, rows))
    drawn += rows * np.arange(resamples)[:, None]
    counted = np.bincount(drawn.ravel(), minlength=resamples * rows)
    return counted.reshape(resamples, rows).astype(np.float64)


def kinds_of(sums: Ints) -> tuple[Ints, Ints]:
    """The distinct rows of whole numbers, and how many there are of each. Rows are packed into one word where they fit:
    sorting words is many times as quick as sorting rows."""
    if not len(sums):
        return sums, np.zeros(0, np.int64)
    least = sums.min(axis=0)
    ranges = [int(span) + 1 for span in sums.max(axis=0) - least]
    if math.prod(ranges) >= 1 << 62:
        kinds, number = np.unique(sums, axis=0, return_counts=True)
        return kinds, number.astype(np.int64)
    words = np.zeros(len(sums), np.int64)
    for column, span in enumerate(ranges):
        words *= span
        words += sums[:, column] - least[column]
    if math.prod(ranges) <= 4 * len(sums) + 1024:
        counted = np.bincount(words)
        distinct = np.flatnonzero(counted)
        number = counted[distinct]
    else:
        distinct, number = np.unique(words, return_counts=True)
    columns = []
    for column in range(len(ranges) - 1, -1, -1):
        distinct, digit = np.divmod(distinct, ranges[column])
        columns.append(digit + least[column])
    return np.column_stack(columns[::-1]).astype(np.int64), number.astype(np.int64)


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
