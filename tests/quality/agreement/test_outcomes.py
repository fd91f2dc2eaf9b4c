"""Two rankings pair by pair, by hand and by the plain definition."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.ranking import dense
from apps.quality.domain.outcomes import kinds, meetings, outcomes
from apps.quality.domain.table import judgments

from .make import said


def kinds_of(first: list[int], second: list[int]) -> tuple[int, ...]:
    table = judgments(task=[0, 0], labeler=[0, 1], tiers=[first, second])
    found = kinds(outcomes(table.tiers), np.array([0]), np.array([1]))
    return tuple(
        int(of[0]) for of in (found.same, found.opposite, found.both_tied, found.first_tied, found.second_tied)
    )


def test_by_hand():
    """(1, 1, 2, 3) and (2, 1, 1, 1): the first ties a and b; the second b, c and d. a and c, a and d are turned around."""
    assert kinds_of([1, 1, 2, 3], [2, 1, 1, 1]) == (0, 2, 0, 1, 3)
    assert kinds_of([2, 1, 1, 1], [1, 1, 2, 3]) == (0, 2, 0, 3, 1)
    assert kinds_of([1, 1], [1, 1]) == (0, 0, 1, 0, 0)
    assert kinds_of(list(range(1, 10)), list(range(1, 10))) == (36, 0, 0, 0, 0)


@given(st.integers(2, 9).flatmap(lambda n: st.tuples(*[st.lists(st.integers(1, n), min_size=n, max_size=n)] * 2)))
def test_by_definition(ranks: tuple[list[int], list[int]]):
    first, second = map(dense, ranks)
    pairs = list(zip(said(first), said(second), strict=True))

    assert kinds_of(first, second) == (
        sum(a == b != 0 for a, b in pairs), sum(a * b < 0 for a, b in pairs), sum(a == b == 0 for a, b in pairs),
        sum(a == 0 != b for a, b in pairs), sum(b == 0 != a for a, b in pairs),
    )  # fmt: skip


@given(st.lists(st.integers(1, 6), max_size=6))
def test_meetings_are_every_two_rows_of_a_task_once(sizes: list[int]):
    task = np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
    found = [(int(a), int(b)) for first, second in meetings(task) for a, b in zip(first, second, strict=True)]
    starts = [0, *np.cumsum(sizes).tolist()]

    assert sorted(found) == [
        (a, b) for start, end in pairwise(starts) for a in range(start, end) for b in range(a + 1, end)
    ]
