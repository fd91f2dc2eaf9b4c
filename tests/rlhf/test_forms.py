"""Plain, mask and cache: the same rewards, losses and gradients, whatever the shape of a batch."""

from functools import cache
from itertools import combinations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.domain.ranking import comparisons, dense
from tests.rlhf.families import CONTEXT, FAMILIES, PAD, VOCABULARY, reward_model
from workers.rlhf.preference.by_cache import alike
from workers.rlhf.preference.encoded import Limits
from workers.rlhf.preference.forms import CACHE, FORMS, MASK, PLAIN
from workers.rlhf.preference.groups import Asked, together
from workers.rlhf.preference.kwise import weigh_with_ties
from workers.rlhf.preference.scoring import score
from workers.rlhf.preference.ties import rule

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


@st.composite
def long_groups(draw):
    """What the limits leave of texts that are too long for the model, as the program leaves it: some end where it does."""
    size = draw(st.integers(1, CONTEXT - 1))
    ids = draw(st.lists(tokens, min_size=size, max_size=size))
    sizes = draw(st.lists(st.integers(1, CONTEXT), min_size=1, max_size=6))
    limits = Limits(prompt=CONTEXT, completion=CONTEXT, context=CONTEXT)
    completions = [draw(st.lists(tokens, min_size=n, max_size=n)) for n in [CONTEXT - size, *sizes]]
    kept = [one for one in completions if not limits.refuses_completion(ids, one)]
    return Asked(ids, kept), dense(draw(st.lists(st.integers(1, 4), min_size=len(kept), max_size=len(kept))))


batches = st.lists(groups(), min_size=1, max_size=4)
long_batches = st.lists(long_groups(), min_size=1, max_size=3)


def losses_and_gradients(form, model, batch):
    """The loss by each rule of ties, and the gradients of all of them."""
    model.zero_grad()
    rewards = form.rewards(model, [group for group, _ in batch], PAD)
    ordered, tied = weigh_with_ties(placed(batch))
    losses = torch.stack([rule(name, []).loss(rewards, ordered, tied) for name in ("drop", "davidson", "rao-kupper")])
    (losses.sum() + 1e-3 * rewards.sum()).backward()  # so that a batch of one text has gradients to compare, too
    gradients = torch.cat([one.grad.flatten() for one in model.parameters() if one.grad is not None])
    return rewards.detach(), losses.detach(), gradients.clone()


def placed(batch):
    """Each prompt's one ranking: its ordered pairs, and its tied ones."""
    rankings, start = [], 0
    for group, tiers in batch:
        ties = [pair for pair in combinations(range(len(tiers)), 2) if tiers[pair[0]] == tiers[pair[1]]]
        rankings.append([tuple([(start + a, start + b) for a, b in pairs] for pairs in (comparisons(tiers), ties))])
        start += len(group.completions)
    return rankings


def assert_the_forms_agree(family, batch):
    """The issue's bounds: losses within 1e-5, gradients within 1e-4 of their size."""
    model = model_of(family)
    plain_rewards, plain_losses, plain_gradients = losses_and_gradients(PLAIN, model, batch)
    assert plain_gradients.norm() > 0
    for form in SHARING:
        rewards, losses, gradients = losses_and_gradients(form, model, batch)
        assert torch.allclose(rewards, plain_rewards, atol=2e-5), form.name
        assert (losses - plain_losses).abs().max() < 1e-5, form.name
        assert (gradients - plain_gradients).norm() < 1e-4 * plain_gradients.norm(), form.name


@pytest.mark.parametrize("family", FAMILIES)
@few
@given(batches)
def test_the_forms_agree(family, batch):
    assert_the_forms_agree(family, batch)


@pytest.mark.parametrize("family", FAMILIES)
@few
@given(long_batches)
def test_the_forms_agree_on_texts_that_fill_the_context(family, batch):
    """Absolute positions must not run beyond the last one."""
    assert_the_forms_agree(family, batch)


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
def test_padding_beside_a_longer_completion_reads_no_position_that_is_not_there(form):
    """A prompt that leaves its completions four tokens, beside one that leaves them more."""
    model = model_of("gpt2")
    full = Asked([2] * (CONTEXT - 4), [[3] * 4])
    alone = PLAIN.rewards(model, [full], PAD)
    beside = form.rewards(model, [full, Asked([5], [[6] * 7])], PAD)
    assert torch.allclose(beside[:1], alone, atol=1e-5)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_prompt_is_read(form):
    model = model_of("gpt2")
    found = form.rewards(model, [Asked([3, 4], [[5]]), Asked([4, 3], [[5]]), Asked([9, 3, 4], [[5]])], PAD)
    assert found.unique().numel() == 3


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
