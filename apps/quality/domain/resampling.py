"""Intervals over prompts: B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 and 13.

What was said of one prompt hangs together (the same completions, several pairs of each judgment), so whole prompts are
drawn, never rows: G prompts with replacement, from the sums of each. The cost hardly grows with G. Where there are few
kinds of prompts, how often each is drawn is one multinomial draw, which is the same distribution. Where there are many
kinds of very many prompts, they are dealt at random into 4,096 groups, and groups are drawn (random groups: K. Wolter,
Introduction to Variance Estimation, 2nd ed. 2007, chapter 2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .estimate import Interval
from .kinds import kinds_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
# From sums (..., columns) to values (...) and whether each is defined.
Statistic = Callable[[Floats], tuple[Floats, Bools]]

RESAMPLES = 1000
LEVEL = 0.95
SEED = 20220304
# Up to this many kinds, how often each is drawn is drawn directly.
FEW_KINDS = 256
# More prompts than this are dealt into so many groups, which are drawn.
GROUPS = 4096


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The same seed and the same sums give the same interval, in whatever order the prompts come."""

    resamples: int = RESAMPLES
    level: float = LEVEL
    seed: int = SEED

    def drawn(self, sums: npt.NDArray[Any]) -> Floats:
        """(resamples, columns): the sums of each resample, from those of each prompt (prompts, columns)."""
        kinds, number = kinds_of(sums)
        if len(kinds) <= FEW_KINDS:
            times = np.random.default_rng(self.seed).multinomial(len(sums), number / len(sums), size=self.resamples)
            return np.asarray(times @ kinds, np.float64)
        rows = np.repeat(kinds, number, axis=0)
        if len(rows) > GROUPS:
            rows = self._dealt(rows)
        return _times(self.seed, self.resamples, len(rows)) @ rows.astype(np.float64)

    def interval(self, values: Floats, defined: Bools) -> Interval | None:
        """Of a statistic's values in the resamples; those in which it is not defined are left out."""
        if not defined.any():
            return None
        tail = (1 - self.level) / 2
        low, high = np.quantile(values[defined], [tail, 1 - tail])
        return Interval(float(low), float(high), self.level, int(defined.sum()))

    def _dealt(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Prompts dealt at random into groups of equal size, give or take one. The spread of so many groups is that of
        their prompts, to about one hundredth."""
        order = np.random.default_rng(self.seed).permutation(len(rows))
        starts = np.arange(GROUPS) * len(rows) // GROUPS
        return np.add.reduceat(rows[order], starts, axis=0)


@lru_cache(maxsize=2)
def _times(seed: int, resamples: int, rows: int) -> Floats:
    """(resamples, rows): how often each row is drawn. The statistics of one table mostly ask for the same."""
    drawn = np.random.default_rng(seed).integers(0, rows, (resamples, rows))
    drawn += rows * np.arange(resamples)[:, None]
    counted = np.bincount(drawn.ravel(), minlength=resamples * rows)
    return counted.reshape(resamples, rows).astype(np.float64)


def ratio(sums: Floats) -> tuple[Floats, Bools]:
    """Of sums (numerator, denominator)."""
    above, below = sums[..., 0], sums[..., 1]
    defined = below > 0
    return above / np.where(defined, below, 1), defined
