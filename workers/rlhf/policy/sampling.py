"""Replies drawn from a policy token by token, with a key-value cache.

The distribution is the model's own: temperature 1, nothing cut off its tail, no generation_config of the model's folder
looked at. So its log-probabilities are the ones that training computes (trl#235: a KL below zero means they are not).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from workers.rlhf.frame.errors import Diverged
from workers.rlhf.frame.guard import DEAF
from workers.rlhf.language.batches import pad_left
from workers.rlhf.language.render import Ids
from workers.rlhf.language.roomy_cache import roomy_cache

# Finished replies leave the batch once so many of its rows are done: moving the cache costs as much as a few steps.
LEAVE_AT = 0.25


@dataclass(slots=True)
class Reply:
    """Sampled tokens with the log-probability each was drawn with; the last one is EOS exactly where `ended`."""

    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    ended: bool = False


def seeded(device: torch.device, *key: int | str) -> torch.Generator:
    """A random generator that `key` decides: a step that has one of its own goes the same way after a resume."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def sample(
    model: Any,
    prompts: Sequence[Ids],
    *,
    eos: int,
    limit: int,
    rows: int,
    generator: torch.Generator,
    asked: Callable[[], bool] = DEAF.asked,
) -> list[Reply]:
    """A reply of at most `limit` tokens to each prompt (token ids), in the order given; `rows` prompts at a time.

    Prompts of a like length go together. Once a stop is `asked` for no token is drawn, and replies end anywhere: whoever
    asks for them heeds it before they are looked at. Raises Diverged where the model's distribution is not one.
    """
    if model.training:
        raise ValueError("replies are sampled with dropout off: call model.eval() first")
    replies = [Reply() for _ in prompts]
    order = sorted(range(len(prompts)), key=lambda index: (len(prompts[index]), index))
    for start in range(0, len(order), rows):
        chosen = order[start : start + rows]
        _sample_together(
            model,
            [prompts[index] for index in chosen],
            [replies[index] for index in chosen],
            eos,
            limit,
            generator,
            asked,
        )
    return replies


@torch.no_grad()
def _sample_together(
    model: Any,
    prompts: list[Ids],
    replies: list[Reply],
    eos: int,
    limit: int,
    generator: torch.Generator,
    asked: Callable[[], bool],
) -> None:
    """Fills `replies`. The batch is padded on the left, so that every row's next token is in the same column."""
    ids, mask = (tensor.to(model.device) for tensor in pad_left(prompts, pad_id=eos))
    width = ids.shape[1]
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    mask = torch.cat([mask, mask.new_ones(len(prompts), limit)], dim=1)
    cache = roomy_cache(model.config)
    alive = list(range(len(replies)))  # the reply that each row of the batch writes
    for step in range(limit):
        if asked():
            return
        made = model(
            input_ids=ids,
            attention_mask=mask[:, : width + step],
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        tokens, logprobs = _draw(made.logits[:, -1].float(), generator)
        for row, (token, logprob) in enumerate(zip(tokens.tolist(), logprobs.tolist(), strict=True)):
            reply = replies[alive[row]]
            if not reply.ended:
                reply.tokens.append(token)
                reply.logprobs.append(logprob)
                reply.ended = token == eos
        going = [row for row, index in enumerate(alive) if not replies[index].ended]
        if not going:
            return
        ids, positions = tokens[:, None], positions[:, -1:] + 1
        if len(going) <= (1 - LEAVE_AT) * len(alive):
            kept = torch.tensor(going, device=model.device)
            cache.batch_select_indices(kept)
            ids, positions, mask = ids[kept], positions[kept], mask[kept]
            alive = [alive[row] for row in going]


def _draw(logits: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One token of each row's distribution and its log-probability: logits [B, V] -> [B], [B]."""
    logprobs = torch.log_softmax(logits, dim=-1)
    if not torch.isfinite(logprobs.max(dim=-1).values).all():
        raise Diverged("The policy's next-token distribution is not finite.")
    tokens = torch.multinomial(logprobs.exp(), 1, generator=generator)
    return tokens[:, 0], logprobs.gather(1, tokens)[:, 0]
