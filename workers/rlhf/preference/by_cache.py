"""The prompt shared through the key-value cache: forwarded once, its keys and values read by all of its completions.

Gradients flow back through the cache to the prompt's tokens.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import Cache
from transformers.cache_utils import DynamicLayer

from workers.rlhf.language.render import Ids
from workers.rlhf.preference.groups import Group, closed, padded


class Lent(torch.autograd.Function):
    """Keys (or values) of prompts, each before those of its own completions.

    It is index_select and cat in one copy, and its gradient a sum over each prompt's completions in a fixed order,
    where index_select's is a scatter.
    """

    @staticmethod
    def forward(ctx: Any, prompts: Tensor, completions: Tensor, counts: list[int]) -> Tensor:
        """(B, heads, P, D), (N, heads, T, D) and how many of the N belong to each of the B -> (N, heads, P + T, D)."""
        rows, heads, own, size = completions.shape
        ctx.counts, ctx.cut = counts, prompts.shape[2]
        lent = completions.new_empty(rows, heads, ctx.cut + own, size)
        for prompt, part in zip(prompts, torch.split(lent, counts), strict=True):
            part[:, :, : ctx.cut] = prompt
        lent[:, :, ctx.cut :] = completions
        return lent

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        gradient = gradients[0]
        prompts = torch.stack([part[:, :, : ctx.cut].sum(0) for part in torch.split(gradient, ctx.counts)])
        return prompts, gradient[:, :, ctx.cut :], None


class PromptLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """Keeps the prompts' keys and values, (B, heads, P, D); with `counts` set, lends them to completions and keeps no more."""

    counts: list[int] | None = None  # completions of each prompt

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        if self.counts is None:
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states, value_states
            return key_states, value_states
        lend: Any = Lent.apply
        return lend(self.keys, key_states, self.counts), lend(self.values, value_states, self.counts)


def by_cache(model: Any, groups: Sequence[Group], pad_id: int) -> Tensor:
    """The last hidden state of each completion's last token, (N, H)."""
    device = model.device
    prompts, lengths = padded([one.ids for one in groups], pad_id)
    cache: Any = Cache(layer_class_to_replicate=PromptLayer)
    # Padded on the right, and no token sees what is behind it: nothing need be masked.
    everything = torch.ones_like(prompts).to(device)
    model.base_model(input_ids=prompts.to(device), attention_mask=everything, past_key_values=cache, use_cache=True)

    completions = [each for one in groups for each in one.completions]
    owner = [row for row, one in enumerate(groups) for _ in one.completions]
    runs = alike(completions)
    states = []
    for run in runs:
        counts = torch.bincount(torch.tensor([owner[n] for n in run]), minlength=len(groups))
        for layer in cache.layers:
            layer.counts = counts.tolist()
        states.append(_behind(model, cache, [completions[n] for n in run], lengths.repeat_interleave(counts), pad_id))
    back = torch.tensor([n for run in runs for n in run]).argsort()
    return torch.cat(states)[back.to(device)]


def alike(completions: Sequence[Ids]) -> list[list[int]]:
    """Places of completions in runs that are padded together, none to twice its length, each in the given order."""
    longest_first = sorted(range(len(completions)), key=lambda n: -len(completions[n]))
    runs: list[list[int]] = []
    for place in longest_first:
        if not runs or 2 * len(completions[place]) <= len(completions[runs[-1][0]]):
            runs.append([])
        runs[-1].append(place)
    return [sorted(run) for run in runs]


def _behind(model: Any, cache: Any, completions: Sequence[Ids], before: Tensor, pad_id: int) -> Tensor:
    """The states (n, H) of some completions' last tokens; `before` (n,) tokens of its prompt stand before each."""
    device = model.device
    ids, lengths = padded(completions, pad_id)
    order = torch.arange(ids.shape[1])
    # Padding stays where its completion ends: beside a longer one it would be beyond the last position of some models.
    positions = before[:, None] + torch.minimum(order, lengths[:, None] - 1)
    hidden = model.base_model(
        input_ids=ids.to(device),
        attention_mask=closed(_seen(before, cache.get_seq_length(), len(order)).to(device), model.dtype),
        position_ids=positions.to(device),
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state
    states: Tensor = hidden[torch.arange(len(lengths), device=device), (lengths - 1).to(device)]
    return states


def _seen(before: Tensor, prompt: int, completion: int) -> Tensor:
    """(n, T, P + T) bool: a completion's token sees the `before` tokens of its prompt, and its own up to there."""
    of_prompt = (torch.arange(prompt) < before[:, None])[:, None]
    order = torch.arange(completion)
    own = order[:, None] >= order
    shape = len(before), completion
    return torch.cat([of_prompt.expand(*shape, prompt), own.expand(*shape, completion)], dim=-1)
