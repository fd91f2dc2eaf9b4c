"""Accuracy over comparisons with a 95 % interval that knows that the pairs of one prompt are not independent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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


def accuracy(right: Floats, pairs: Floats, *, resamples: int, seed: int) -> Accuracy | None:
    """Right answers out of pairs, both (prompts,); prompts without a pair do not count. None where none has one.

    The interval resamples prompts, not pairs (percentile bootstrap). Where that cannot vary it would claim certainty:
    with every prompt wholly right or wholly wrong the exact binomial bound on that many prompts stands instead
    (Clopper and Pearson 1934), and one prompt alone, half right, says nothing about others: 0 to 1.
    """
    asked = pairs > 0
    right, pairs = right[asked], pairs[asked]
    prompts = len(pairs)
    if not prompts:
        return None
    share = float(right.sum() / pairs.sum())
    low, high = _ends(right, pairs, share, resamples=resamples, seed=seed)
    return Accuracy(share, low, high, int(pairs.sum()), prompts)


def _ends(right: Floats, pairs: Floats, share: float, *, resamples: int, seed: int) -> tuple[float, float]:
    prompts = len(pairs)
    exact = 0.025 ** (1 / prompts)
    if share == 1:
        return exact, 1.0
    if share == 0:
        return 0.0, 1 - exact
    if prompts == 1:
        return 0.0, 1.0
    chance = np.random.default_rng(seed)
    shares = np.empty(resamples)
    for n in range(resamples):
        drawn = chance.integers(prompts, size=prompts)
        shares[n] = right[drawn].sum() / pairs[drawn].sum()
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)
