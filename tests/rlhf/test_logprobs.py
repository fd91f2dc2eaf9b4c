"""The sampled tokens' log-probabilities, against a plain forward of each text alone."""

import pytest
import torch
from torch.testing import assert_close

from tests.rlhf.tiny import FAMILIES, PAD, tiny_model
from workers.rlhf.language import logprobs
from workers.rlhf.language.batches import collate

PROMPTS = [[5, 6, 7, 8, 9], [3], [4, 4, 4]]
REPLIES = [[10, 1], [PAD, 7, PAD, 2, 9, 1], [11]]  # a sampled token may be the pad's id


def plain(model, prompt, reply):
    logits = model(torch.tensor([[*prompt, *reply]])).logits[0, len(prompt) - 1 : -1]
    return torch.log_softmax(logits, -1)


def together():
    return collate(list(zip(PROMPTS, REPLIES, strict=True)), PAD)


def test_lengths_decide_what_is_padding():
    batch = together()
    assert logprobs.reply_mask(batch).int().tolist() == [[1, 1, 0, 0, 0, 0], [1] * 6, [1, 0, 0, 0, 0, 0]]
    rows = [[1, 2, 0, 0, 0, 0], [3, 4, 5, 6, 7, 8], [9, 0, 0, 0, 0, 0]]
    assert logprobs.spread(torch.arange(1.0, 10), batch).tolist() == rows


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_scores_as_each_text_alone(family):
    model = tiny_model(family)
    with torch.no_grad():
        scored = logprobs.score_replies(model, together(), with_entropies=True)
    for row, (prompt, reply) in enumerate(zip(PROMPTS, REPLIES, strict=True)):
        alone = plain(model, prompt, reply)
        chosen = alone.gather(1, torch.tensor(reply)[:, None])[:, 0]
        assert_close(scored.logprobs[row, : len(reply)], chosen, atol=1e-5, rtol=1e-5)
        assert_close(scored.entropies[row, : len(reply)], -(alone.exp() * alone).sum(-1), atol=1e-5, rtol=1e-5)
        assert not scored.logprobs[row, len(reply) :].any()


def test_pieces_of_the_head_change_neither_value_nor_gradient(monkeypatch):
    model, batch = tiny_model("llama"), together()

    def value_and_gradients():
        model.zero_grad()
        total = (logprobs.score_replies(model, batch).logprobs ** 2).sum()
        total.backward()
        return [total.detach(), *(one.grad.clone() for one in model.parameters())]

    whole = value_and_gradients()
    monkeypatch.setattr(logprobs, "LOGITS_AT_ONCE", 40)  # two tokens of a vocabulary of 20
    assert_close(value_and_gradients(), whole)
