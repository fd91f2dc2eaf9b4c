"""Sampling where each row of a batch has dice of its own, so that a completion does not depend on its neighbours' luck."""

import hashlib
from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor
from transformers import LogitsProcessor

from workers.rlhf.errors import Diverged


def sample_seed(seed: int, prompt_uid: str, sample_index: int) -> int:
    """What decides one completion: below 2**63."""
    digest = hashlib.sha256(f"{seed} {sample_index} {prompt_uid}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def nucleus(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """Probabilities (B, V) of logits (B, V) at `temperature`, cut to the likeliest tokens that hold `top_p` of them.

    A token stays while those likelier than it hold less than `top_p` ("The Curious Case of Neural Text Degeneration",
    arXiv 1904.09751), so the likeliest always stays. What stays is not rescaled to 1: drawing needs no scale.
    """
    probabilities = torch.softmax(logits.float() / temperature, dim=-1)
    if top_p == 1.0:
        return probabilities
    ordered, places = probabilities.sort(dim=-1, descending=True, stable=True)
    likelier = ordered.cumsum(dim=-1) - ordered
    kept = ordered.masked_fill(likelier >= top_p, 0.0)
    return torch.zeros_like(probabilities).scatter(-1, places, kept)


class RowDice(LogitsProcessor):
    """Makes greedy decoding draw: row i's next token comes from its distribution by the dice of `seeds[i]`."""

    def __init__(self, seeds: Sequence[int], temperature: float, top_p: float) -> None:
        self.temperature, self.top_p = temperature, top_p
        self.dice = [Random(seed) for seed in seeds]  # noqa: S311

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """(B, V) scores -> (B, V): 0 at the drawn token, -inf elsewhere. Raises Diverged."""
        # In float64: 32 bits would make the unlikeliest tokens of a large vocabulary unlikelier still.
        heap = nucleus(scores, self.temperature, self.top_p).double().cumsum(dim=-1)
        if not torch.isfinite(heap[:, -1]).all():
            raise Diverged("The model's next-token distribution is not finite.")
        throws = torch.tensor([[dice.random()] for dice in self.dice], dtype=heap.dtype, device=heap.device)
        drawn = torch.searchsorted(heap, throws * heap[:, -1:], right=True).clamp(max=scores.shape[1] - 1)
        return torch.full_like(scores, -torch.inf).scatter(-1, drawn, 0.0)
