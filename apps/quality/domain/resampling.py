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

from .estimate import Interval

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
# From sums (..., columns) to values (...) and whether each is defined.
Statistic = Callable[[Floats], tuple[Floats, Bools]]

RESAMPLES = 1000
LEVEL = 0.95
SEED = 20220304
# Processor time of one draw of a kind (a binomial) in that of one draw of a prompt.
_KIND_COSTS = 30
# Draws held at a time: 32 MB.
_HELD = 1 << 22


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The same seed and the same sums give the same interval, in whatever order the prompts come."""

    resamples: int = RESAMPLES
    level: float = LEVEL
    seed: int = SEED

    def drawn(self, sums: Floats) -> Floats:
        """(resamples, columns): the sums of each resample, from those of each prompt (prompts, columns)."""
        rng = np.random.default_rng(self.seed)
        kinds, number = _kinds(sums)
        if len(kinds) * _KIND_COSTS < len(sums):
            at_once = max(1, _HELD // len(kinds))
            draws = [
                rng.multinomial(len(sums), number / len(sums), size=size) @ kinds
                for size in _batches(self.resamples, at_once)
            ]
            return np.concatenate(draws)
        ordered, count = np.repeat(kinds, number, axis=0), len(sums)
        return np.concatenate(
            [
                np.array([_times(rng, count) for _ in range(size)], np.float64) @ ordered
                for size in _batches(self.resamples, max(1, _HELD // count))
            ]
        )

    def interval(self, values: Floats, defined: Bools) -> Interval | None:
        """Of a statistic's values in the resamples; those in which it is not defined are left out."""
        if not defined.any():
            return None
        tail = (1 - self.level) / 2
        low, high = np.quantile(values[defined], [tail, 1 - tail])
        return Interval(float(low), float(high), self.level, int(defined.sum()))


def _kinds(sums: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """The different rows, in an order of their own, and how often each is there."""
    ordered = sums[np.lexsort(sums.T)]
    starts = np.append(0, np.flatnonzero((ordered[1:] != ordered[:-1]).any(axis=1)) + 1)
    return ordered[starts], np.diff(np.append(starts, len(ordered)))


def _times(rng: np.random.Generator, count: int) -> npt.NDArray[np.intp]:
    """How often each of `count` prompts is drawn."""
    return np.bincount(rng.integers(0, count, count), minlength=count)


def _batches(total: int, at_once: int) -> list[int]:
    return [min(at_once, total - done) for done in range(0, total, at_once)]


def ratio(sums: Floats) -> tuple[Floats, Bools]:
    """Of sums (numerator, denominator)."""
    above, below = sums[..., 0], sums[..., 1]
    defined = below > 0
    return above / np.where(defined, below, 1), defined
