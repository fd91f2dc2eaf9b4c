"""How reliable each labeler is, where all judge by the same preferences.

Under a Bradley-Terry model of each task (R. Bradley, M. Terry, 1952) whose strengths differ from task to task, two
labelers order a pair alike with probability (1 + r_a r_b) / 2, the strengths averaged out: one factor, and a labeler's
loading is their reliability (C. Spearman, 1904; of labelers without a known truth: A. Dawid, A. Skene, 1979). It is
fitted by least squares to the sums of every two labelers, so that its cost does not grow with tasks.
"""

import numpy as np

from .given import Floats
from .meetings import Pairs

# Compared pairs that the common reliability counts for beside a labeler's own.
_PRIOR = 20.0
_STEPS = 20
MOST = 0.98


def common(pairs: Pairs) -> float:
    """The reliability all would have, were they alike."""
    return float(np.sqrt(np.clip(pairs.agreed.sum() / max(pairs.compared.sum(), 1), 0.01, MOST)))


def reliabilities(pairs: Pairs, shared: Floats | float = 1.0, start: Floats | None = None) -> Floats:
    """Of each labeler, 0 to 1. `shared`: what two labelers' preferences have in common, a value a row of pairs. From a
    `start` that is near there are fewer steps."""
    base = common(pairs)
    found = np.full(pairs.labelers, base) if start is None else start
    pull = _PRIOR * base**2
    for _ in range(_STEPS if start is None else _STEPS // 4):
        one, other = shared * found[pairs.one], shared * found[pairs.other]
        above = pairs.sum_of(pairs.agreed * other, pairs.agreed * one) + pull * base
        below = pairs.sum_of(pairs.compared * other**2, pairs.compared * one**2) + pull
        # Half a step: two labelers who met nobody else would otherwise swing.
        found = (found + np.clip(above / below, 0.0, 1.0)) / 2
    return found


def typical(pairs: Pairs, found: Floats) -> float:
    """The median, weighted by what was compared."""
    weight = pairs.sum_of(pairs.compared, pairs.compared)
    order = np.argsort(found, kind="stable")
    reached = np.cumsum(weight[order])
    return float(found[order][np.searchsorted(reached, reached[-1] / 2)]) if len(reached) and reached[-1] else 0.0


def likelihood(agreed: Floats, compared: Floats, expected: Floats) -> Floats:
    """Log-likelihood a row, of pairs ordered alike with probability (1 + expected) / 2."""
    alike = (1 + np.clip(expected, -MOST, MOST)) / 2
    same = (compared + agreed) / 2
    found: Floats = same * np.log(alike) + (compared - same) * np.log(1 - alike)
    return found
