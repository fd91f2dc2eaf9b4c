"""The ranking maths, by property and by hand: the least tested path of every labeling tool."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.ranking import comparisons, dense, is_competition, is_dense

ranks = st.lists(st.integers(1, 9), min_size=1, max_size=9)


@given(ranks)
def test_dense_ranks_are_dense_and_keep_the_order(values):
    tiers = dense(values)

    assert is_dense(tiers)
    for a in range(len(values)):
        for b in range(len(values)):
            assert (values[a] < values[b]) == (tiers[a] < tiers[b])
            assert (values[a] == values[b]) == (tiers[a] == tiers[b])


@given(ranks)
def test_dense_is_the_same_twice(values):
    assert dense(dense(values)) == dense(values)


@given(ranks)
def test_competition_ranks_and_dense_tiers_say_the_same(values):
    competition = [1 + sum(other < value for other in values) for value in values]

    assert is_competition(competition)
    assert dense(competition) == dense(values)


@given(ranks)
def test_each_pair_is_compared_once_and_ties_never(values):
    pairs = comparisons(values)

    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert all(values[better] < values[worse] for better, worse in pairs)
    k = len(values)
    tied = sum(values[a] == values[b] for a in range(k) for b in range(a))
    assert len(pairs) == k * (k - 1) // 2 - tied


@given(ranks, st.randoms())
def test_comparisons_do_not_depend_on_listing_order(values, rng):
    order = list(range(len(values)))
    rng.shuffle(order)
    shuffled = comparisons([values[position] for position in order])

    assert {(order[better], order[worse]) for better, worse in shuffled} == set(comparisons(values))


@pytest.mark.parametrize(
    ("given_ranks", "tiers"), [([1, 2, 2, 4], [1, 2, 2, 3]), ([3, 1, 1], [2, 1, 1]), ([1, 1, 1], [1, 1, 1]), ([5], [1])]
)
def test_by_hand(given_ranks, tiers):
    assert dense(given_ranks) == tiers


@pytest.mark.parametrize(
    ("values", "is_it"),
    [([1, 2, 2, 4], True), ([1, 1, 3], True), ([1, 2, 2, 3], False), ([2, 2], False), ([1, 3, 3], False), ([], True)],
)
def test_competition_by_hand(values, is_it):
    assert is_competition(values) is is_it


@pytest.mark.parametrize(
    ("tiers", "is_it"), [([1, 2, 2, 3], True), ([1, 3], False), ([2], False), ([], False), ([0, 1], False)]
)
def test_dense_by_hand(tiers, is_it):
    assert is_dense(tiers) is is_it


def test_nine_candidates_without_ties_give_36_comparisons():
    assert len(comparisons(range(1, 10))) == 36
    assert comparisons([2, 1, 2]) == [(1, 0), (1, 2)]
    assert comparisons([1, 1]) == []
