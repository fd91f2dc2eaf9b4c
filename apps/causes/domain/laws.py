"""Tail probabilities of the normal law: thirty prompts or more are many enough for it."""

import math
from statistics import NormalDist

import numpy as np

from .given import Floats

_LEAST = 1e-300


def above(z: float) -> float:
    """P(Z > z)."""
    return math.erfc(z / math.sqrt(2)) / 2


def above_each(z: Floats) -> Floats:
    return np.array([above(one) for one in z.tolist()], np.float64)


def mean_above_zero(values: Floats) -> float:
    """One-sided p-value of a positive mean."""
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return above(float(values.mean()) / error) if error else 1.0


def joined(p: list[float]) -> float:
    """Of independent one-sided p-values, by the sum of their z (S. Stouffer et al., The American Soldier, 1949)."""
    z = [-NormalDist().inv_cdf(min(max(one, _LEAST), 1 - 1e-12)) for one in p]
    return above(sum(z) / math.sqrt(len(z)))
