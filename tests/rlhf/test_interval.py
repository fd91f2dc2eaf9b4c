"""The prompt-clustered interval: what it covers, and where it must not claim certainty."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.rlhf.card import interval
from workers.rlhf.card.interval import FEWEST, Resamples, accuracy

prompts = st.lists(st.tuples(st.integers(0, 36), st.integers(0, 36)), max_size=12)


def measure(right, pairs, resamples=200, seed=0):
    return accuracy(np.array(right, dtype=float), np.array(pairs, dtype=float), resamples=resamples, seed=seed)


@given(prompts)
@settings(deadline=None)
def test_the_share_lies_within_and_everything_is_a_number(counts):
    pairs = [max(one) for one in counts]
    found = measure([min(one) for one in counts], pairs)
    if not any(pairs):
        assert found is None
        return
    assert 0 <= found.low <= found.accuracy <= found.high <= 1
    assert found.pairs == sum(pairs)
    assert found.prompts == sum(count > 0 for count in pairs)


def test_the_same_seed_gives_the_same_interval():
    right, pairs = [3, 1, 4, 0, 5], [6, 3, 6, 3, 6]
    assert measure(right, pairs) == measure(right, pairs)
    assert measure(right, pairs, seed=1) != measure(right, pairs)


def test_pairs_of_one_prompt_widen_the_interval():
    """Six pairs that stand or fall together are one witness, not six."""
    chance = np.random.default_rng(0)
    outcomes = chance.integers(0, 2, 600).astype(float)
    apart = measure(outcomes, np.ones(600))
    together = measure(outcomes[:100] * 6, np.full(100, 6.0))
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    chance = np.random.default_rng(0)
    held = 0
    for trial in range(200):
        of_prompt = chance.beta(7, 3, size=60)  # prompts differ; 70 % on the whole
        right = chance.binomial(6, of_prompt).astype(float)
        held += measure(right, np.full(60, 6.0), resamples=300, seed=trial).contains(0.7)
    assert 0.88 <= held / 200 <= 0.99


@pytest.mark.parametrize(
    ("right", "low", "high"),
    [
        ([6, 6, 6], 0.025 ** (1 / 3), 1),  # three prompts wholly right
        ([0, 0, 0], 0, 1 - 0.025 ** (1 / 3)),
        ([3], 0, 1),  # one prompt says nothing of others
    ],
)
def test_a_bootstrap_that_cannot_vary_is_not_certainty(right, low, high):
    found = measure(right, [6] * len(right))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def ratio(sums):
    return sums[..., 0] / sums[..., 1]


def test_fewer_prompts_than_vary_have_the_exact_interval_of_so_many():
    """Two of three prompts right, whatever their pairs: a bootstrap of three would claim far too much."""
    found = measure([6, 6, 0], [6, 6, 6])
    assert (found.low, found.high) == (pytest.approx(0.0943, abs=1e-4), pytest.approx(0.9916, abs=1e-4))


def test_slices_of_shared_draws_are_as_wide_as_each_alone():
    chance = np.random.default_rng(0)
    right, pairs = chance.integers(0, 4, (80, 3)).astype(float), np.full((80, 3), 3.0)
    pairs[::2, 1] = right[::2, 1] = 0  # a slice that half of the prompts are in
    together = Resamples(80, resamples=2_000, seed=0).accuracies(right, pairs)
    for n, found in enumerate(together):
        alone = measure(right[:, n], pairs[:, n], resamples=2_000)
        assert (found.accuracy, found.pairs, found.prompts) == (alone.accuracy, alone.pairs, alone.prompts)
        assert found.high - found.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_draws_that_are_not_kept_are_drawn_again_alike(monkeypatch):
    columns = np.random.default_rng(0).normal(size=(50, 2))
    kept = Resamples(50, resamples=30, seed=1).sums(columns)
    monkeypatch.setattr(interval, "HELD", 0)
    monkeypatch.setattr(interval, "AT_ONCE", 500)
    again = Resamples(50, resamples=30, seed=1)
    assert np.array_equal(again.sums(columns), again.sums(columns))
    assert again.sums(columns) == pytest.approx(kept)


def test_a_number_s_interval_holds_the_truth_about_as_often_as_it_says():
    """The mean ratio of pairs that hang together by prompt."""
    chance, held = np.random.default_rng(0), 0
    for trial in range(200):
        level = chance.normal(0.3, 1, 60)
        columns = np.column_stack([5 * level + chance.normal(0, 1, 60), np.full(60, 5.0)])
        found = Resamples(60, resamples=300, seed=trial).number(columns, ratio)
        held += found.low <= 0.3 <= found.high
    assert 0.88 <= held / 200 <= 0.99


def test_a_number_of_too_few_prompts_or_without_a_value_is_none():
    draws = Resamples(10, resamples=100, seed=0)
    few = np.zeros((10, 2))
    few[: FEWEST - 1] = 1
    assert draws.number(few, ratio) is None
    assert draws.number(np.column_stack([np.ones(10), np.zeros(10)]), ratio) is None
    whole = np.ones((10, 2))
    one, other = draws.numbers(whole, ratio, lambda sums: 1 - ratio(sums))
    assert (one.value, one.low, one.high, one.side, other.side) == (1, 1, 1, 1, 0)
