"""Numbers over comparisons with 95 % intervals that know that the pairs of one prompt are not independent.

Whole prompts are drawn with replacement (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6
and 13). One set of draws serves every number of a report: each is a function of sums over prompts, so a resample is a
row of counts times the prompts' sums, and numbers of the same prompts can be subtracted resample by resample.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.rlhf.card.exact import binomial_interval

Floats = NDArray[np.float64]
# From sums over prompts, (..., C), to values, (...): NaN where they have none.
Statistic = Callable[[Floats], Floats]

FEWEST = 5  # prompts: fewer say nothing of how such a number varies
AT_ONCE = 2**22  # draws made at a time
HELD = 2**29  # draws, a byte each, that are kept for the next number; more are drawn again


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A share of `pairs` on `prompts` different prompts, with the ends of its 95 % interval."""

    accuracy: float
    low: float
    high: float
    pairs: int
    prompts: int

    def contains(self, share: float) -> bool:
        return self.low <= share <= self.high


@dataclass(frozen=True, slots=True)
class Number:
    """A number with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def side(self) -> int:
        """1 above 0, -1 below, 0 where the interval does not tell."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


class Resamples:
    """So many draws of `prompts` prompts. The same seed and number of prompts give the same draws."""

    def __init__(self, prompts: int, *, resamples: int, seed: int) -> None:
        self.prompts, self.resamples, self.seed = prompts, resamples, seed
        self._held = list(self._draw()) if prompts * resamples <= HELD else None

    def sums(self, columns: Floats) -> Floats:
        """(resamples, C): the sums of each resample, from those of each prompt, (prompts, C)."""
        return np.concatenate([times.astype(np.float64) @ columns for times in self._held or self._draw()])

    def number(self, columns: Floats, statistic: Statistic) -> Number | None:
        """`statistic` of the columns' sums. None on fewer than FEWEST prompts, or where it is undefined too often."""
        return self.numbers(columns, statistic)[0]

    def numbers(self, columns: Floats, *statistics: Statistic) -> list[Number | None]:
        """One for each statistic, all of the same draws of the same columns, (prompts, C)."""
        if np.count_nonzero(np.any(columns != 0, axis=1)) < FEWEST:
            return [None] * len(statistics)
        whole, drawn = columns.sum(axis=0), self.sums(columns)
        with np.errstate(divide="ignore", invalid="ignore"):
            return [_number(float(statistic(whole)), statistic(drawn)) for statistic in statistics]

    def accuracy(self, right: Floats, pairs: Floats) -> Accuracy | None:
        return self.accuracies(right[:, None], pairs[:, None])[0]

    def accuracies(self, right: Floats, pairs: Floats) -> list[Accuracy | None]:
        """Right answers out of pairs, both (prompts, slices): one for each slice, None where it has no pair.

        Where a bootstrap cannot vary, or draws from fewer than FEWEST prompts, it would claim certainty: the exact
        binomial bounds on that many prompts stand instead. One prompt alone, half right, says nothing: 0 to 1.
        """
        slices = right.shape[1]
        drawn = self.sums(np.hstack([right, pairs]))
        return [
            _accuracy(right[:, n], pairs[:, n], drawn[:, n], drawn[:, slices + n]) if pairs[:, n].any() else None
            for n in range(slices)
        ]

    def _draw(self) -> Iterator[NDArray[np.uint8]]:
        """How often each prompt is drawn, (some resamples, prompts), until all resamples are there."""
        chance = np.random.default_rng(self.seed)
        at_once = max(1, AT_ONCE // max(1, self.prompts))
        for start in range(0, self.resamples, at_once):
            rows = min(at_once, self.resamples - start)
            drawn = chance.integers(max(1, self.prompts), size=(rows, self.prompts))
            drawn += self.prompts * np.arange(rows)[:, None]
            counted = np.bincount(drawn.ravel(), minlength=rows * self.prompts)
            yield counted.reshape(rows, self.prompts).astype(np.uint8)


def accuracy(right: Floats, pairs: Floats, *, resamples: int, seed: int) -> Accuracy | None:
    """Right answers out of pairs, both (prompts,); prompts without a pair do not count. None where none has one."""
    asked = pairs > 0
    return Resamples(int(asked.sum()), resamples=resamples, seed=seed).accuracy(right[asked], pairs[asked])


def _number(value: float, drawn: Floats) -> Number | None:
    defined = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or 2 * len(defined) < len(drawn):
        return None
    low, high = np.quantile(defined, [0.025, 0.975])
    return Number(value, min(float(low), value), max(float(high), value))


def _accuracy(right: Floats, pairs: Floats, drawn_right: Floats, drawn_pairs: Floats) -> Accuracy:
    prompts, asked = int(np.count_nonzero(pairs)), float(pairs.sum())
    share = min(1.0, float(right.sum()) / asked)
    low, high = _ends(share, prompts, drawn_right, drawn_pairs)
    return Accuracy(share, low, high, round(asked), prompts)


def _ends(share: float, prompts: int, drawn_right: Floats, drawn_pairs: Floats) -> tuple[float, float]:
    if share in (0, 1) or prompts < FEWEST:
        return binomial_interval(share * prompts, prompts)
    some = drawn_pairs > 0
    low, high = np.quantile(drawn_right[some] / drawn_pairs[some], [0.025, 0.975])
    return min(float(low), share), max(float(high), share)
