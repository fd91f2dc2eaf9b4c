"""The K-wise loss against a reference of ten lines, with mixed K, ties and several rankings of one prompt."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.ranking import comparisons, dense
from workers.rlhf.preference.kwise import correct, kwise_loss, weigh

rewards_of_a_prompt = st.lists(st.floats(-20, 20), min_size=2, max_size=9)


@st.composite
def prompts(draw):
    """Prompts as (rewards, rankings), a ranking as dense tiers of some of the completions' positions."""
    rewards = draw(rewards_of_a_prompt)
    size = len(rewards)
    subsets = st.lists(st.integers(0, size - 1), min_size=2, max_size=size, unique=True)
    rankings = []
    for chosen in draw(st.lists(subsets, min_size=1, max_size=4)):
        tiers = dense(draw(st.lists(st.integers(1, 9), min_size=len(chosen), max_size=len(chosen))))
        rankings.append(dict(zip(chosen, tiers, strict=True)))
    return rewards, rankings


batches = st.lists(prompts(), min_size=1, max_size=5)


def reference(batch) -> float:
    """InstructGPT's equation 1, by loops over numbers."""
    of_prompts = []
    for rewards, rankings in batch:
        of_rankings = []
        for tier in rankings:
            pairs = [(i, j) for i in tier for j in tier if tier[i] < tier[j]]
            losses = [math.log1p(math.exp(rewards[j] - rewards[i])) for i, j in pairs]
            of_rankings += [sum(losses) / len(losses)] if losses else []
        of_prompts += [sum(of_rankings) / len(of_rankings)] if of_rankings else []
    return sum(of_prompts) / len(of_prompts) if of_prompts else 0.0


def flat(batch):
    """The batch as the program gives it: one vector of rewards, pairs as positions in it."""
    rewards, rankings = [], []
    for own, tiers in batch:
        start = len(rewards)
        rewards += own
        rankings.append([positions(start, tier) for tier in tiers])
    return torch.tensor(rewards, dtype=torch.float64, requires_grad=True), rankings


def positions(start, tier):
    where = list(tier)
    return [(start + where[i], start + where[j]) for i, j in comparisons(list(tier.values()))]


@given(batches)
def test_the_loss_is_the_references(batch):
    rewards, rankings = flat(batch)
    assert kwise_loss(rewards, weigh(rankings)).item() == pytest.approx(reference(batch), rel=1e-5, abs=1e-6)


@given(batches)
def test_gradients_are_the_references(batch):
    rewards, rankings = flat(batch)
    kwise_loss(rewards, weigh(rankings)).backward()
    expected = torch.zeros_like(rewards)
    heard = [[ranking for ranking in one if ranking] for one in rankings]
    prompts_heard = sum(bool(one) for one in heard)
    for one in heard:
        for ranking in one:
            for better, worse in ranking:  # d/dr of -log sigmoid(r_b - r_w) is -+ sigmoid(r_w - r_b)
                pull = torch.sigmoid(rewards[worse] - rewards[better]).item()
                share = pull / (prompts_heard * len(one) * len(ranking))
                expected[better] -= share
                expected[worse] += share
    assert torch.allclose(rewards.grad, expected, rtol=1e-5, atol=1e-7)


@given(batches)
def test_weights_sum_to_one_or_to_nothing(batch):
    pairs = weigh(flat(batch)[1])
    assert pairs.weight.sum().item() == pytest.approx(1.0 if len(pairs.weight) else 0.0, abs=1e-5)


@given(batches)
def test_parts_of_a_batch_add_up(batch):
    """Micro-batches: the pairs are weighed over the whole batch, then taken prompt by prompt."""
    rewards, rankings = flat(batch)
    pairs = weigh(rankings)
    counts = [sum(len(ranking) for ranking in one) for one in rankings]
    cuts = [sum(counts[:n]) for n in range(len(counts) + 1)]
    total = 0.0
    for start, stop in pairwise(cuts):
        part = type(pairs)(pairs.better[start:stop], pairs.worse[start:stop], pairs.weight[start:stop])
        total += kwise_loss(rewards, part).item()
    assert total == pytest.approx(kwise_loss(rewards, pairs).item(), abs=1e-6)


def test_ties_only_are_a_loss_of_zero_with_zero_gradients():
    rewards = torch.tensor([3.0, -1.0, 0.5], requires_grad=True)
    loss = kwise_loss(rewards, weigh([[[]], [[], []]]))
    loss.backward()
    assert loss.item() == 0
    assert rewards.grad.tolist() == [0, 0, 0]


def test_a_prompt_ranked_twice_weighs_as_much_as_one_ranked_once():
    pairs = weigh([[[(0, 1)], [(0, 1), (0, 2)]], [[(3, 4)]], [[]]])
    assert pairs.weight.tolist() == [0.25, 0.125, 0.125, 0.5]


def test_rewards_far_apart_keep_the_loss_finite():
    rewards = torch.tensor([1e4, -1e4], requires_grad=True)
    loss = kwise_loss(rewards, weigh([[[(1, 0)]]]))
    loss.backward()
    assert loss.item() == pytest.approx(2e4)
    assert rewards.grad.tolist() == [1, -1]


def test_equal_rewards_are_half_right():
    pairs = weigh([[[(0, 1), (2, 0), (1, 2)]]])
    assert correct(torch.tensor([1.0, 1.0, 0.0]), pairs).tolist() == [0.5, 0, 1]
