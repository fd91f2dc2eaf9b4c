"""The prompt-clustered interval: what it covers, and where it must not claim certainty."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.rlhf.interval import accuracy

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
