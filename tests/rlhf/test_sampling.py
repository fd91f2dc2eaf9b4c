"""Replies come from the model's own distribution, whatever batch they are sampled in."""

import pytest
import torch
from torch.testing import assert_close
from transformers import DynamicCache

from tests.rlhf.tiny import EOS, FAMILIES, tiny_model
from workers.rlhf.frame.errors import Diverged
from workers.rlhf.language import roomy_cache
from workers.rlhf.policy.sampling import sample

PROMPTS = [[5, 6, 7, 8, 9], [3], [4, 4, 4], [9, 2, 11, 5, 6, 7, 13, 14], [10, 12]] * 4


def draw(model, prompts=PROMPTS, *, limit=12, rows=8, seed=0):
    return sample(model, prompts, eos=EOS, limit=limit, rows=rows, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("family", FAMILIES)
def test_logprobs_are_those_of_the_text_alone_without_padding_or_cache(family):
    model = tiny_model(family)
    replies = draw(model)
    assert len({len(reply.tokens) for reply in replies}) > 3  # so rows left the batch at different times
    for prompt, reply in zip(PROMPTS, replies, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([[*prompt, *reply.tokens]])).logits[0, len(prompt) - 1 : -1]
        alone = torch.log_softmax(logits, -1).gather(1, torch.tensor(reply.tokens)[:, None])[:, 0]
        assert_close(torch.tensor(reply.logprobs), alone, atol=1e-5, rtol=1e-5)


def test_a_reply_ends_at_its_first_eos_or_at_the_limit():
    replies = draw(tiny_model("llama"))
    for reply in replies:
        assert reply.ended == (reply.tokens[-1] == EOS)
        assert EOS not in reply.tokens[:-1]
        assert reply.ended or len(reply.tokens) == 12
        assert len(reply.logprobs) == len(reply.tokens)
    assert {reply.ended for reply in replies} == {True, False}


def test_no_token_is_barred_and_none_favoured():
    """2,000 first tokens against the softmax: special tokens too, no temperature, no cut tail."""
    model = tiny_model("llama", spread=0.2)
    with torch.no_grad():
        expected = torch.softmax(model(torch.tensor([[5, 6]])).logits[0, -1], -1)
    tokens = [reply.tokens[0] for reply in draw(model, [[5, 6]] * 2_000, limit=1, rows=2_000)]
    seen = torch.bincount(torch.tensor(tokens), minlength=len(expected)) / 2_000
    assert (seen - expected).abs().max() < 4 * (0.25 / 2_000) ** 0.5
    assert (seen[expected > 0.01] > 0).all()


def test_the_seed_decides():
    model = tiny_model("llama")
    assert draw(model, seed=1) == draw(model, seed=1)
    assert draw(model, seed=1) != draw(model, seed=2)


def test_dropout_must_be_off():
    with pytest.raises(ValueError, match="dropout"):
        draw(tiny_model("gpt2").train())


def test_a_model_of_nan_has_diverged():
    model = tiny_model("llama")
    with torch.no_grad():
        model.lm_head.weight[3, 0] = torch.nan
    with pytest.raises(Diverged):
        draw(model)


@pytest.mark.parametrize("room", [1, 3, 100])
def test_the_cache_holds_what_a_plain_one_would(monkeypatch, room):
    """Steps of one and of several columns, and rows that leave: keys and values are those of a DynamicCache."""
    monkeypatch.setattr(roomy_cache, "ROOM", room)
    config = tiny_model("llama").config
    roomy, plain = roomy_cache.roomy_cache(config), DynamicCache(config=config)
    assert all(type(layer) is roomy_cache.RoomyLayer for layer in roomy.layers)
    torch.manual_seed(0)
    rows = 4
    for columns in (5, 1, 1, 1, 2, 1, 1):
        keys, values = torch.randn(2, rows, 2, columns, 8)
        for one, other in zip(roomy.update(keys, values, 0), plain.update(keys, values, 0), strict=True):
            assert torch.equal(one, other)
        assert roomy.get_seq_length() == plain.get_seq_length()
        if columns == 2:
            for cache in (roomy, plain):
                cache.batch_select_indices(torch.tensor([3, 1]))
            rows = 2
