"""Groups of labelers whose preferences differ: a mixture of Bradley-Terry models with labeler reliability.

Two labelers of one group order a pair alike with probability (1 + r_a r_b) / 2, of different groups with (1 + k r_a r_b)
/ 2, where k is the correlation of the groups' preferences, one for every two of them. Careless labelers agree with nobody, their own kind
included; so they lower r, and form no group.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.quality.domain.table import Ints

from .given import Bools, Floats
from .meetings import Pairs
from .reliability import common, likelihood, reliabilities

# A group has as many at least: one person's taste is not a group's.
FEWEST = 2
# The labelers with most comparisons, of whom groups are sought.
MOST_LABELERS = 300
_MOVES = 200
_CUTS = 12
_CLIMBS = 6


@dataclass(frozen=True, eq=False)
class Split:
    """`group` of each labeler, from 0; -1 where they did not meet the others; `shared` is k."""

    group: Ints
    reliability: Floats
    shared: float

    @property
    def number(self) -> int:
        return int(self.group.max(initial=-1)) + 1

    def ranks(self) -> Ints:
        """Of each labeler the place of their group by size, 0 the largest; -1 of who is in none."""
        size = np.bincount(self.group[self.group >= 0], minlength=self.number)
        rank = np.empty(self.number, np.int64)
        rank[np.argsort(-size, kind="stable")] = np.arange(self.number)
        found: Ints = np.where(self.group >= 0, rank[np.maximum(self.group, 0)], -1)
        return found

    def across(self, one: Ints, other: Ints) -> Bools:
        first, second = self.group[one], self.group[other]
        found: Bools = (first != second) & (first >= 0) & (second >= 0)
        return found

    def expected(self, one: Ints, other: Ints) -> Floats:
        return self.reliability[one] * self.reliability[other] * np.where(self.across(one, other), self.shared, 1.0)


def split(pairs: Pairs) -> Split | None:
    """The two groups under which the pairs are likeliest; None where a group would be smaller than FEWEST."""
    taking = _taking(pairs)
    if len(taking) < 2 * FEWEST:
        return None
    # All alike at first: beside one group the smaller of two looks careless.
    alike = np.full(pairs.labelers, common(pairs) ** 0.5)
    return _best(pairs, [_fitted(pairs, group, 2, alike) for group in _guesses(pairs, taking)])


def divided(pairs: Pairs, found: Split) -> Split | None:
    """One group more: the likeliest after one of them is cut in two; None where each would leave a group too small."""
    guesses = []
    for number in range(found.number):
        members = np.flatnonzero(found.group == number)
        if len(members) >= 2 * FEWEST:
            inside = (found.group[pairs.one] == number) & (found.group[pairs.other] == number)
            for cut in _by_vectors(pairs.where(inside), members):
                group = np.where(cut == 1, found.number, found.group)
                guesses.append(_fitted(pairs, group, 2, found.reliability))
    return _best(pairs, guesses) if guesses else None


def _best(pairs: Pairs, guesses: list[Split]) -> Split:
    guesses.sort(key=lambda one: -_reached(pairs, one))
    return max((_climbed(pairs, one) for one in guesses[:_CLIMBS]), key=lambda one: _reached(pairs, one))


def _taking(pairs: Pairs) -> Ints:
    """Those who met each other, directly or through others, the largest such part: who never met somebody is of no
    group beside them."""
    part = np.arange(pairs.labelers)
    while True:
        least = np.minimum(part[pairs.one], part[pairs.other])
        before = part.copy()
        np.minimum.at(part, pairs.one, least)
        np.minimum.at(part, pairs.other, least)
        if (part == before).all():
            break
    weight = pairs.sum_of(pairs.compared, pairs.compared)
    largest = np.argmax(np.bincount(part, weight, minlength=pairs.labelers)) if pairs.labelers else 0
    weight = np.where(part == largest, weight, 0.0)
    taking = np.sort(np.argsort(-weight, kind="stable")[:MOST_LABELERS])
    found: Ints = taking[weight[taking] > 0]
    return found


def _climbed(pairs: Pairs, found: Split) -> Split:
    """From a guess, the labeler who gains most changes groups, until nobody gains."""
    for _ in range(_MOVES):
        gain = _gains(pairs, found)
        labeler, to = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[labeler, to] <= 1e-9:
            break
        group = found.group.copy()
        group[labeler] = to
        found = _fitted(pairs, group, 2, found.reliability)
    return _fitted(pairs, found.group)


def _reached(pairs: Pairs, found: Split) -> float:
    return float(likelihood(pairs.agreed, pairs.compared, found.expected(pairs.one, pairs.other)).sum())


def _guesses(pairs: Pairs, taking: Ints) -> Iterator[Ints]:
    """Cuts through labelers in the order of an eigenvector, of what one group leaves unexplained or of how alike they
    are; and through those most and least like one labeler."""
    yield from _by_vectors(pairs, taking)
    for values in _unlike(pairs):
        matrix = _matrix(pairs, taking, values)
        # Two with the same friends, rather than two who are friends: who met often says little of who is alike.
        for row in (matrix @ matrix)[:_CUTS]:
            yield from _cuts(pairs.labelers, taking[np.argsort(row, kind="stable")], 4)


def _by_vectors(pairs: Pairs, taking: Ints) -> Iterator[Ints]:
    for values in _unlike(pairs):
        for vector in np.linalg.eigh(_matrix(pairs, taking, values))[1][:, -2:].T:
            yield from _cuts(pairs.labelers, taking[np.argsort(vector, kind="stable")], _CUTS)


def _unlike(pairs: Pairs) -> tuple[Floats, Floats]:
    """What one group leaves unexplained of every two labelers, and how alike they are."""
    alone = reliabilities(pairs)
    left = pairs.agreed - pairs.compared * alone[pairs.one] * alone[pairs.other]
    alike = pairs.agreed - pairs.compared * (pairs.agreed.sum() / max(pairs.compared.sum(), 1))
    return left, alike


def _cuts(labelers: int, order: Ints, many: int) -> Iterator[Ints]:
    for cut in np.unique(np.linspace(FEWEST, len(order) - FEWEST, many).round().astype(np.int64)):
        group = np.full(labelers, -1, np.int64)
        group[order[:cut]], group[order[cut:]] = 0, 1
        yield group


def _matrix(pairs: Pairs, taking: Ints, values: Floats) -> Floats:
    """Of a value of every two labelers in units of its error."""
    place = np.full(pairs.labelers, -1, np.int64)
    place[taking] = np.arange(len(taking))
    chosen = (place[pairs.one] >= 0) & (place[pairs.other] >= 0)
    matrix = np.zeros((len(taking), len(taking)))
    matrix[place[pairs.one[chosen]], place[pairs.other[chosen]]] = (values / np.sqrt(pairs.compared + 1))[chosen]
    return matrix + matrix.T


def _fitted(pairs: Pairs, group: Ints, rounds: int = 3, start: Floats | None = None) -> Split:
    across = Split(group, np.zeros(0), 1.0).across(pairs.one, pairs.other)
    shared, found = 0.5, np.zeros(0)
    for _ in range(rounds):
        found = reliabilities(pairs, np.where(across, shared, 1.0), start)
        start = start if start is None else found
        both = (found[pairs.one] * found[pairs.other])[across]
        below = float((pairs.compared[across] * both**2).sum())
        shared = float(np.clip((pairs.agreed[across] * both).sum() / below, -1.0, 1.0)) if below > 0 else 1.0
    return Split(group, found, shared)


def _gains(pairs: Pairs, found: Split) -> Floats:
    """What likelihood each labeler would gain by changing to each group; a row a labeler, a column a group."""
    both = found.reliability[pairs.one] * found.reliability[pairs.other]
    apart = likelihood(pairs.agreed, pairs.compared, both * found.shared)
    together = likelihood(pairs.agreed, pairs.compared, both)
    closer, groups = together - apart, np.arange(found.number)
    # To be with each group, rather than apart from everybody.
    beside = np.column_stack([
        pairs.sum_of(closer * (found.group[pairs.other] == one), closer * (found.group[pairs.one] == one))
        for one in groups
    ])  # fmt: skip
    size = np.bincount(found.group[found.group >= 0], minlength=found.number)
    own = np.maximum(found.group, 0)
    gain = beside - beside[np.arange(len(own)), own][:, None]
    stuck = (found.group < 0) | (size[own] <= FEWEST)
    return np.where(stuck[:, None] | (groups == own[:, None]), -np.inf, gain)
