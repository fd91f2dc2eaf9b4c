"""What a ranking is worth against a key.

A tie on a pair that may not tie is missed, like a reversal; the two are told apart, because a tie says "I cannot tell"
and a reversal says the opposite of the key. Nobody gains by tying everything: it scores 0 where guessing scores a half.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .key import Pair


@dataclass(frozen=True, slots=True)
class Score:
    """Of the pairs of a key, how many were kept, tied against it, and reversed."""

    right: int
    tied: int
    reversed: int
    may_miss: int = 0

    @property
    def pairs(self) -> int:
        return self.right + self.tied + self.reversed

    @property
    def missed(self) -> int:
        return self.tied + self.reversed

    @property
    def share(self) -> float:
        return self.right / self.pairs

    @property
    def passed(self) -> bool:
        return self.missed <= self.may_miss


def score(tiers: Sequence[int], key: Iterable[Pair], may_miss: int = 0) -> Score:
    """`tiers` by the positions that the key speaks of."""
    right = tied = reversed_ = 0
    for pair in key:
        above, below = tiers[pair.better], tiers[pair.worse]
        if above < below or (above == below and pair.may_tie):
            right += 1
        elif above == below:
            tied += 1
        else:
            reversed_ += 1
    return Score(right, tied, reversed_, may_miss)
