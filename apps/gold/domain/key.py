"""The key of a gold item: a partial order, as pairs of candidates of which one must beat the other.

A pair that `may_tie` is kept by a tie too: the worse must not be put first, that is all. What follows from the pairs
belongs to the key, so that it does not matter how an order was written down: of A over B and B over C follows A over C,
strictly where one of the steps is strict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import dense

# How sure a key is of "the first is better than the second".
_NOTHING, _OR_TIED, _STRICTLY = 0, 1, 2


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Positions of two candidates of a task."""

    better: int
    worse: int
    may_tie: bool = False


def key_of(pairs: Iterable[Pair], candidates: int) -> list[Pair]:
    """The pairs with all that follows from them, in order. Raises RuleBroken where they are no order, or none."""
    sure = [[_NOTHING] * candidates for _ in range(candidates)]
    for pair in pairs:
        if not (0 <= pair.better < candidates and 0 <= pair.worse < candidates) or pair.better == pair.worse:
            raise RuleBroken("pairs: two different candidates of the task are needed.", field="pairs")
        sure[pair.better][pair.worse] = max(sure[pair.better][pair.worse], _OR_TIED if pair.may_tie else _STRICTLY)
    for through, one, other in product(range(candidates), repeat=3):
        if sure[one][through] and sure[through][other]:
            sure[one][other] = max(sure[one][other], sure[one][through], sure[through][other])
    if any(sure[one][one] for one in range(candidates)):
        raise RuleBroken("pairs: they go in a circle, so that a candidate would have to beat itself.", field="pairs")
    found = [
        Pair(one, other, may_tie=sure[one][other] == _OR_TIED)
        for one, other in permutations(range(candidates), 2)
        if sure[one][other]
    ]
    if not found:
        raise RuleBroken("pairs: at least one pair of which one must beat the other is needed.", field="pairs")
    return found


def pairs_of_tiers(tiers: Sequence[int | None], *, neighbours_may_tie: bool = False) -> list[Pair]:
    """What a ranking demands: each candidate beats all of the tiers below. Equal tiers demand nothing of each other, nor
    does a candidate without a tier. `neighbours_may_tie`: those of one tier may tie with those of the next."""
    placed = [place for place, tier in enumerate(tiers) if tier is not None]
    level = dict(zip(placed, dense([tier for tier in tiers if tier is not None]), strict=True))
    return [
        Pair(one, other, may_tie=neighbours_may_tie and level[other] - level[one] == 1)
        for one, other in permutations(placed, 2)
        if level[one] < level[other]
    ]


def may_miss_checked(may_miss: int, pairs: Sequence[Pair]) -> int:
    """Raises RuleBroken where a tolerance would let everything pass."""
    if not 0 <= may_miss < len(pairs):
        raise RuleBroken(
            f"may_miss: 0 to {len(pairs) - 1}; the key has {len(pairs)} pairs, and one at least must count.",
            field="may_miss",
        )
    return may_miss
