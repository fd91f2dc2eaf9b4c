"""How much the labelers of one task differ, where they judge by the same preferences, and where by none.

Candidates have strengths of a normal distribution, labelers add Gumbel noise (Plackett-Luce: R. Luce, 1959; R. Plackett,
1975). Tasks differ in how far apart their candidates are, by a log-normal factor, so that hard tasks are expected. At
no distance at all every order is as likely as any other. Densities are simulated, by a fixed seed.
"""

from functools import lru_cache
from itertools import combinations

import numpy as np

from .given import Floats

BINS = 20
SCALES = tuple(float(one) for one in np.geomspace(0.4, 8.0, 10))
SPREADS = (0.0, 0.4, 0.8)
_TASKS = 1500
_SEED = 20220304


@lru_cache(maxsize=8192)
def density(candidates: int, labelers: int, scale: float, spread: float, ties: float) -> tuple[float, ...]:
    """Of the share of strict pairs that two labelers of a task order the opposite way, in BINS from 0 to 1."""
    rng = np.random.default_rng(_SEED)
    apart = scale * np.exp(spread * rng.normal(size=(_TASKS, 1)))
    strength = rng.normal(size=(_TASKS, candidates)) * apart
    seen = strength[:, None, :] + rng.gumbel(size=(_TASKS, labelers, candidates))
    one, other = np.array(list(combinations(range(candidates), 2))).T
    gap = seen[:, :, one] - seen[:, :, other]
    order = np.sign(gap) * (np.abs(gap) > np.quantile(np.abs(gap), ties))
    strict = np.abs(order)
    agreed = (order.sum(axis=1) ** 2 - strict.sum(axis=1)).sum(axis=1) / 2
    compared = (strict.sum(axis=1) ** 2 - strict.sum(axis=1)).sum(axis=1) / 2
    known = compared > 0
    counts = np.bincount(binned((compared - agreed)[known] / 2 / compared[known]), minlength=BINS) + 0.5
    return tuple((counts / counts.sum()).tolist())


def binned(share: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.minimum(np.round(share * BINS), BINS - 1).astype(np.int64)
