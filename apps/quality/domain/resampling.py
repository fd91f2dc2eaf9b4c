"""Intervals over prompts: B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 and 13.

What was said of one prompt hangs together (the same completions, several pairs of each judgment), so whole prompts are
drawn, never rows: G prompts with replacement, from the sums of each. Prompts with equal sums are one kind: where there
are few kinds, how often each is drawn is one multinomial draw, which is the same distribution and does not depend on
the number of prompts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .estimate import Interval, Why

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
# From sums (..., columns) to values (...) and whether each is defined.
Statistic = Callable[[Floats], tuple[Floats, Bools]]

RESAMPLES = 1000
LEVEL = 0.95
SEED = 20220304
# Processor time of one draw of a kind (a binomial) in that of one draw of a prompt.
_KIND_COSTS = 30
# Draws held at a time.
_HELD = 1 << 22


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The same seed and the same sums give the same interval, in whatever order the prompts come."""

    resamples: int = RESAMPLES
    level: float = LEVEL
    seed: int = SEED

    def interval(self, sums: Floats, statistic: Statistic) -> tuple[Interval | None, Why | None]:
        """`sums` has a row a prompt. Resamples in which the statistic is not defined are left out."""
        if len(sums) < 2:
            return None, Why.ONE_PROMPT
        values, defined = statistic(self._drawn(sums))
        if not defined.any():
            return None, Why.NO_VARIATION
        tail = (1 - self.level) / 2
        low, high = np.quantile(values[defined], [tail, 1 - tail])
        return Interval(float(low), float(high), self.level, int(defined.sum())), None

    def _drawn(self, sums: Floats) -> Floats:
        """(resamples, columns): the sums of each resample."""
        rng = np.random.default_rng(self.seed)
        kinds, number = np.unique(sums, axis=0, return_counts=True)
        if len(kinds) * _KIND_COSTS < len(sums):
            at_once = max(1, _HELD // len(kinds))
            shares = number / len(sums)
            draws = [
                rng.multinomial(len(sums), shares, size=min(at_once, self.resamples - done)) @ kinds
                for done in range(0, self.resamples, at_once)
            ]
            return np.concatenate(draws)
        ordered = np.repeat(kinds, number, axis=0)
        drawn = np.empty((self.resamples, sums.shape[1]))
        for at in range(self.resamples):
            drawn[at] = ordered[rng.integers(0, len(ordered), len(ordered), dtype=np.uint32)].sum(axis=0)
        return drawn


def ratio(sums: Floats) -> tuple[Floats, Bools]:
    """Of sums (numerator, denominator)."""
    above, below = sums[..., 0], sums[..., 1]
    defined = below > 0
    return above / np.where(defined, below, 1), defined
