"""Where two rankings of the same candidates say different things."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Apart:
    """Two candidates (their places) of which one labeler says one thing and another something else: 1 the first is
    better, 0 they tie, -1 the second is better. `opposite`: neither of the two says tie."""

    first: int
    second: int
    one: int
    other: int

    @property
    def opposite(self) -> bool:
        return self.one * self.other < 0


def apart(one: Sequence[int], other: Sequence[int]) -> list[Apart]:
    """Every pair of candidates on which the two differ; opposite ones first."""
    found = [
        Apart(first, second, said, others)
        for first, second in combinations(range(len(one)), 2)
        if (said := _said(one, first, second)) != (others := _said(other, first, second))
    ]
    return sorted(found, key=lambda pair: (not pair.opposite, pair.first, pair.second))


def pairs_of(k: int) -> int:
    return k * (k - 1) // 2


def _said(tiers: Sequence[int], first: int, second: int) -> int:
    return (tiers[first] < tiers[second]) - (tiers[first] > tiers[second])
