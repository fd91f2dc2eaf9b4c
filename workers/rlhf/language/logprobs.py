"""The log-probability of every sampled token, without ever holding a batch's logits.

Logits of a batch are B x L x V numbers, far more than its activations. So the head is applied to the states before
reply tokens only, some at a time, and nothing but the sampled token's log-probability is kept; for the gradient, a
piece's logits are made a second time.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from workers.rlhf.language.batches import Batch
from workers.rlhf.policy.ppo_math import entropy

LOGITS_AT_ONCE = 2**24  # numbers: 64 MiB in float32


class Scored(NamedTuple):
    """Both (B, T), T the longest reply of the batch, zero on padding. `entropies`: of each next-token distribution, nats."""

    logprobs: Tensor
    entropies: Tensor


def reply_mask(batch: Batch) -> Tensor:
    """(B, T) bool: True on the tokens of each reply, which starts in column 0. T is the longest reply's length."""
    lengths = batch.end - batch.start
    place = torch.arange(int(lengths.max()), device=lengths.device)
    return place < lengths[:, None]


def reply_states(backbone: Any, batch: Batch) -> Tensor:
    """The backbone's last hidden state before each of the N reply tokens, row by row: (N, H)."""
    hidden: Tensor = backbone(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False).last_hidden_state
    rows, columns = batch.completion_mask.nonzero(as_tuple=True)
    return hidden[rows, columns - 1]


def spread(values: Tensor, batch: Batch) -> Tensor:
    """Values of the reply tokens (N,), row by row, as (B, T)."""
    mask = reply_mask(batch)
    out = torch.zeros(mask.shape, dtype=values.dtype, device=values.device)
    out[mask] = values
    return out


def score_replies(model: Any, batch: Batch, *, with_entropies: bool = False) -> Scored:
    """Log-probabilities of the reply tokens under a causal language model; entropies are zero unless asked for."""
    states = reply_states(model.base_model, batch)
    tokens = batch.ids[batch.completion_mask]
    head = model.get_output_embeddings()
    size = max(1, LOGITS_AT_ONCE // head.weight.shape[0])
    in_pieces = len(states) > size
    made = [
        checkpoint(_piece, head, *piece, with_entropies, use_reentrant=False)
        if in_pieces
        else _piece(head, *piece, with_entropies)
        for piece in zip(torch.split(states, size), torch.split(tokens, size), strict=True)
    ]
    logprobs, entropies = (spread(torch.cat(pieces), batch) for pieces in zip(*made, strict=True))
    return Scored(logprobs, entropies)


def _piece(head: Any, states: Tensor, tokens: Tensor, with_entropies: bool) -> tuple[Tensor, Tensor]:
    """states (n, H), tokens (n,) -> log-probabilities (n,), entropies (n,)."""
    logits = head(states).float()
    chosen = logits.gather(1, tokens[:, None])[:, 0] - torch.logsumexp(logits, dim=-1)
    with torch.no_grad():
        return chosen, entropy(logits) if with_entropies else torch.zeros_like(chosen)
