"""Rankings with ties: tiers, comparisons, and the way ranks from elsewhere are read.

A ranking of K candidates is a vector of K tiers, dense: 1 is best, equal means tied, no gaps
(1, 2, 2, 3). Competition ranks (1, 2, 2, 4) mean the same and are read, never written.
"""

from collections.abc import Sequence
from itertools import combinations

K_MIN, K_MAX = 2, 9


def is_dense(tiers: Sequence[int]) -> bool:
    """Whether the tiers used are exactly 1..m."""
    return bool(tiers) and set(tiers) == set(range(1, max(tiers) + 1))


def dense(ranks: Sequence[int]) -> list[int]:
    """Ranks of any spacing as dense tiers, in the same positions: (1, 2, 2, 4) -> [1, 2, 2, 3]."""
    tier = {rank: number for number, rank in enumerate(sorted(set(ranks)), start=1)}
    return [tier[rank] for rank in ranks]


def is_competition(ranks: Sequence[int]) -> bool:
    """Whether each rank is one more than the number of better candidates: (1, 2, 2, 4), (1, 1, 3)."""
    return all(rank == 1 + sum(other < rank for other in ranks) for rank in ranks)


def comparisons(tiers: Sequence[int]) -> list[tuple[int, int]]:
    """Ordered pairs of positions (better, worse). A tie gives none: InstructGPT drops them."""
    pairs = []
    for first, second in combinations(range(len(tiers)), 2):
        if tiers[first] < tiers[second]:
            pairs.append((first, second))
        elif tiers[second] < tiers[first]:
            pairs.append((second, first))
    return pairs
