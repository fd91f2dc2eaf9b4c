"""How somebody stands on gold: the share of items passed, with its interval, and what is made of many such shares.

Items are the unit: the pairs of one item hang together, so an interval over pairs would promise more than is known.
Wilson's score interval (E. B. Wilson, Journal of the American Statistical Association 22, 1927) is never empty and never
beyond 0 or 1, also where all of a few items were passed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from .scoring import Score

LEVEL = 0.95
# Who counts as a good labeler for an item: enough other items, of which they passed the project's share.
LEAST_OTHER_ITEMS = 4
# When an item is proposed as bad: so many good labelers, of whom more than half failed.
LEAST_GOOD_LABELERS = 3


def wilson(passed: int, items: int, level: float = LEVEL) -> tuple[float, float]:
    """The interval of a share of `items`, of which there is at least one."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, spread = passed / items, z * z / items
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    # Rounding must not put the share beside its interval.
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts of items and of their pairs, of which there is at least one."""

    items: int
    passed: int
    right: int
    tied: int
    reversed: int

    @property
    def share(self) -> float:
        """Of the items, how many were passed."""
        return self.passed / self.items

    @property
    def pair_share(self) -> float:
        return self.right / (self.right + self.tied + self.reversed)

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.passed, self.items)

    def is_below(self, threshold: float) -> bool:
        return self.share < threshold

    def is_surely_below(self, threshold: float) -> bool:
        """Also the upper end of the interval is."""
        return self.interval[1] < threshold


def standing_of(scores: Iterable[Score]) -> Standing | None:
    """None where there are no scores."""
    found = list(scores)
    if not found:
        return None
    return Standing(
        items=len(found),
        passed=sum(one.passed for one in found),
        right=sum(one.right for one in found),
        tied=sum(one.tied for one in found),
        reversed=sum(one.reversed for one in found),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """One labeler on one item."""

    item: int
    labeler: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """How those who do well on the other items did on this one."""

    good: int = 0
    good_failed: int = 0

    @property
    def is_proposed(self) -> bool:
        """Whether the key rather than the labelers is likely to be wrong."""
        return self.good >= LEAST_GOOD_LABELERS and 2 * self.good_failed > self.good


def doubts_of(answers: Iterable[Answer], threshold: float) -> dict[int, Doubt]:
    """By item. Whether a labeler is good is judged by all their items but this one, so that a bad key cannot make its
    own witnesses bad. One answer a labeler and item."""
    given = list(answers)
    items, passed = defaultdict[int, int](int), defaultdict[int, int](int)
    for one in given:
        items[one.labeler] += 1
        passed[one.labeler] += one.passed
    good, failed = defaultdict[int, int](int), defaultdict[int, int](int)
    for one in given:
        others = items[one.labeler] - 1
        if others >= LEAST_OTHER_ITEMS and (passed[one.labeler] - one.passed) / others >= threshold:
            good[one.item] += 1
            failed[one.item] += not one.passed
    return {item: Doubt(good[item], failed[item]) for item in {one.item for one in given}}
