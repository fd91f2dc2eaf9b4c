"""Sums by key, and tallies, whatever the sizes of blocks and keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.quality.domain import outcomes, tally
from apps.quality.domain.sums import Sums

from .make import Row, rows, table

BIG = 2**40
ROWS = st.lists(
    st.tuples(st.sampled_from([-2, -1, 0, 1, BIG]), st.sampled_from([0, 1, BIG]), st.integers(-3, 3)), max_size=20
)


def sums(given: list[tuple[int, int, int]]) -> Sums:
    if not given:
        return Sums.none(2, 1)
    return Sums.of(np.array([row[:2] for row in given]), np.array([row[2:] for row in given]))


@given(ROWS)
def test_rows_are_summed_by_key_and_sorted(given: list[tuple[int, int, int]]):
    wanted: dict[tuple[int, int], int] = {}
    for one, other, count in given:
        wanted[one, other] = wanted.get((one, other), 0) + count
    found = sums(given)

    assert dict(zip(map(tuple, found.keys.tolist()), found.counts[:, 0].tolist(), strict=True)) == {
        key: count for key, count in wanted.items() if count
    }
    assert found.keys.tolist() == sorted(found.keys.tolist())
    for group in (-2, 0, 5, BIG):
        assert found.of_group(group) == sums([row for row in given if row[0] == group])


@given(ROWS, ROWS, ROWS)
def test_sums_are_a_group(
    one: list[tuple[int, int, int]], other: list[tuple[int, int, int]], third: list[tuple[int, int, int]]
):
    a, b, c = sums(one), sums(other), sums(third)

    assert (a + b) + c == a + (b + c) == sums(one + other + third)
    assert a + b == b + a
    assert (a + b) - b == a


@given(rows(max_tasks=8))
def test_the_sizes_of_blocks_do_not_matter(given: list[Row]):
    whole = table(given)
    wanted = tally.tally(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcomes, "BLOCK", 3)
        patch.setattr(tally, "HELD", 4)
        assert tally.tally(whole) == wanted
