"""Sampling where each row of a batch has dice of its own, so that a completion does not depend on its neighbours' luck."""

from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor

from workers.rlhf.frame.errors import Diverged


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


class RowDice:
    """Row i's next token comes from its distribution by the dice of `seeds[i]`, whoever else is in the batch."""

    def __init__(self, seeds: Sequence[int], temperature: float, top_p: float) -> None:
        self.temperature, self.top_p = temperature, top_p
        self.dice = [Random(seed) for seed in seeds]  # noqa: S311

    def draw(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        """(B, V) logits of the rows with these numbers -> (B,) tokens. Raises Diverged."""
        # In float64: 32 bits would make the unlikeliest tokens of a large vocabulary unlikelier still.
        heap = nucleus(logits, self.temperature, self.top_p).double().cumsum(dim=-1)
        if not torch.isfinite(heap[:, -1]).all():
            raise Diverged("The model's next-token distribution is not finite.")
        throws = torch.tensor([[self.dice[row].random()] for row in rows], dtype=heap.dtype, device=heap.device)
        drawn = torch.searchsorted(heap, throws * heap[:, -1:], right=True)
        return drawn[:, 0].clamp(max=logits.shape[1] - 1)
