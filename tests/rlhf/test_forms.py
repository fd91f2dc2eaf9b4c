"""Plain, mask and cache: the same rewards, losses and gradients, whatever the shape of a batch."""

from functools import cache

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.domain.ranking import comparisons, dense
from tests.rlhf.families import FAMILIES, PAD, VOCABULARY, reward_model
from workers.rlhf.preference.by_cache import alike
from workers.rlhf.preference.forms import CACHE, FORMS, MASK, PLAIN
from workers.rlhf.preference.groups import Asked, together
from workers.rlhf.preference.kwise import kwise_loss, weigh
from workers.rlhf.preference.scoring import score

model_of = cache(reward_model)
SHARING = [MASK, CACHE]
tokens = st.integers(1, VOCABULARY - 1)  # the embedding of padding, 0, is zeros and learns nothing
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def groups(draw):
    """A prompt of 1 to 20 tokens with 1 to 9 completions of 1 to 12, and a ranking of them with ties."""
    ids = draw(st.lists(tokens, min_size=1, max_size=20))
    completions = draw(st.lists(st.lists(tokens, min_size=1, max_size=12), min_size=1, max_size=9))
    tiers = dense(draw(st.lists(st.integers(1, 4), min_size=len(completions), max_size=len(completions))))
    return Asked(ids, completions), tiers


batches = st.lists(groups(), min_size=1, max_size=4)


def loss_and_gradients(form, model, batch):
    model.zero_grad()
    rewards = form.rewards(model, [group for group, _ in batch], PAD)
    loss = kwise_loss(rewards, weigh(placed(batch)))
    (loss + 1e-3 * rewards.sum()).backward()  # so that a batch of ties only has gradients to compare, too
    gradients = torch.cat([one.grad.flatten() for one in model.parameters() if one.grad is not None])
    return rewards.detach(), loss.detach(), gradients.clone()


def placed(batch):
    rankings, start = [], 0
    for group, tiers in batch:
        rankings.append([[(start + better, start + worse) for better, worse in comparisons(tiers)]])
        start += len(group.completions)
    return rankings


@pytest.mark.parametrize("family", FAMILIES)
@few
@given(batches)
def test_the_forms_agree(family, batch):
    """The issue's bounds: losses within 1e-5, gradients within 1e-4 of their size."""
    model = model_of(family)
    plain_rewards, plain_loss, plain_gradients = loss_and_gradients(PLAIN, model, batch)
    assert plain_gradients.norm() > 0
    for form in SHARING:
        rewards, loss, gradients = loss_and_gradients(form, model, batch)
        assert torch.allclose(rewards, plain_rewards, atol=2e-5), form.name
        assert abs(loss - plain_loss) < 1e-5, form.name
        assert (gradients - plain_gradients).norm() < 1e-4 * plain_gradients.norm(), form.name


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@few
@given(batches)
def test_the_score_of_a_batch_is_the_score_alone(form, batch):
    model = model_of("llama")
    pairs = [(group.ids, one) for group, _ in batch for one in group.completions]
    together = score(model, pairs, PAD, form=form)
    alone = torch.cat([score(model, [pair], PAD) for pair in pairs])
    assert torch.allclose(together, alone, atol=2e-5)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_completions_know_nothing_of_each_other(form):
    model = model_of("llama")
    ids, one, other, third = [3, 4, 5], [6, 7, 8], [9, 10], [11]
    first = form.rewards(model, [Asked(ids, [one, other])], PAD)[0]
    for others in ([], [third], [third, third, one]):
        assert torch.allclose(form.rewards(model, [Asked(ids, [one, *others])], PAD)[0], first, atol=1e-5)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_prompt_is_read(form):
    model = model_of("gpt2")
    found = form.rewards(model, [Asked([3, 4], [[5]]), Asked([4, 3], [[5]]), Asked([9, 3, 4], [[5]])], PAD)
    assert found.unique().numel() == 3


def test_a_prompt_as_long_as_the_context_allows_is_shared():
    """Truncation leaves texts that end at the last position: absolute positions must not run beyond it."""
    model = model_of("gpt2")
    group = Asked([2] * 40, [[3] * 8, [4] * 2])
    for form in SHARING:
        assert torch.allclose(form.rewards(model, [group], PAD), PLAIN.rewards(model, [group], PAD), atol=1e-5)


@given(st.lists(st.lists(tokens, min_size=1, max_size=40), min_size=1, max_size=12))
def test_completions_are_padded_with_those_of_a_like_length(completions):
    runs = alike(completions)
    assert sorted(place for run in runs for place in run) == list(range(len(completions)))
    for run in runs:
        lengths = [len(completions[place]) for place in run]
        assert max(lengths) < 2 * min(lengths)
        assert run == sorted(run)


def test_pairs_come_together_by_prompt():
    asked, places = together([([1], [5]), ([2], [6]), ([1], [7])])
    assert [(one.ids, one.completions) for one in asked] == [([1], [[5], [7]]), ([2], [[6]])]
    assert places == [[0, 2], [1]]


def test_what_a_pass_holds_counts_a_prompt_once():
    group = Asked([2] * 100, [[3] * 10] * 9)
    tokens_of = {form.name: sum(rows * width for rows, width in form.shapes(group)) for form in FORMS.values()}
    assert tokens_of["plain"] == 9 * 110
    assert tokens_of["mask"] == 100 + 90
    assert 100 + 90 < tokens_of["cache"] < 100 + 90 + 9 * 100 / 4
