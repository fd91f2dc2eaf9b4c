"""The overlap sample: exact within a block, drawn by seed, stratum and number, whatever the batches."""

from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.labeling.domain.overlap import sampled

SHARES = st.one_of(
    st.sampled_from([0.1, 0.05, 0.25, 1 / 3, 0.5, 0.7, 0.9, 0.999, 1.0]), st.floats(0.001, 1, allow_nan=False)
)


def draw(share: float, count: int, *, seed: int = 7, stratum: str = "chat", first: int = 0) -> list[bool]:
    return list(sampled(seed=seed, stratum=stratum, share=share, first=first, count=count))


@given(share=SHARES, seed=st.integers(0, 2**62), count=st.integers(0, 400))
def test_the_share_holds_within_one_task_after_any_number(share: float, seed: int, count: int):
    drawn = draw(share, count, seed=seed)
    for number in range(count + 1):
        assert abs(sum(drawn[:number]) - number * share) < 1 + 1e-9


@given(share=SHARES, seed=st.integers(0, 2**62))
def test_exactly_one_of_each_block_is_drawn(share: float, seed: int):
    exact = Fraction(repr(share))
    edges = [ceil(block / exact) for block in range(8)]
    drawn = draw(share, edges[-1], seed=seed)
    assert [sum(drawn[start:end]) for start, end in pairwise(edges)] == [1] * 7


@given(share=SHARES, cuts=st.lists(st.integers(0, 50), max_size=8))
def test_batches_do_not_matter(share: float, cuts: list[int]):
    whole, pieces, first = draw(share, sum(cuts)), [], 0
    for count in cuts:
        pieces += draw(share, count, first=first)
        first += count
    assert pieces == whole


def test_nothing_and_everything():
    assert draw(0, 50) == [False] * 50
    assert draw(1, 50) == [True] * 50


def test_another_seed_and_another_stratum_draw_others():
    drawn = draw(0.1, 1000)
    assert drawn != draw(0.1, 1000, seed=8)
    assert drawn != draw(0.1, 1000, stratum="rewrite")
    assert drawn == draw(0.1, 1000)


def test_every_place_of_a_block_is_drawn_now_and_then():
    """Nobody can guess which of ten tasks it is."""
    drawn = draw(0.1, 2000)
    places = [number % 10 for number, many in enumerate(drawn) if many]
    assert len(places) == 200
    assert set(places) == set(range(10))


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_from_0_to_1(share: float):
    with pytest.raises(ValueError, match="a share is 0 to 1"):
        draw(share, 1)
