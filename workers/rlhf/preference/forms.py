"""Three ways to the same rewards of K completions of a prompt. The plain one reads the prompt K times, the others once.

| form | a prompt's tokens are forwarded | memory beside activations |
|---|---|---|
| plain | with each completion | |
| mask | once, its completions behind it in one sequence | a mask of the sequence's length squared |
| cache | once, apart; completions read its keys and values | these keys and values, once a completion |
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workers.rlhf.language.batches import collate
from workers.rlhf.learning.precision import Autocast
from workers.rlhf.preference.by_cache import by_cache
from workers.rlhf.preference.by_mask import by_mask
from workers.rlhf.preference.groups import Group
from workers.rlhf.preference.portions import Shape

# What keys and values of a token weigh in a step's memory beside its activations, copies for the gradient included.
LENT = 8


@dataclass(frozen=True, slots=True)
class Form:
    """`states` gives the last hidden state of each completion's last token, (N, H), group by group in their order."""

    name: str
    states: Callable[[Any, Sequence[Group], int], Tensor]
    shapes: Callable[[Group], Sequence[Shape]]

    def rewards(self, model: Any, groups: Sequence[Group], pad_id: int, autocast: Autocast = nullcontext) -> Tensor:
        """Raw rewards (N,) float32, with gradient unless torch.no_grad().

        The states are computed under `autocast`, the head is not: it is one small product, whose differences the loss
        is made of.
        """
        with autocast():
            states = self.states(model, groups, pad_id)
        scores: Tensor = model.score(states.float())
        return scores[:, 0]


def by_completion(model: Any, groups: Sequence[Group], pad_id: int) -> Tensor:
    """The class's own pooling looks for the last token that is no padding (trl#3750); here the collator says where a
    completion ends. The result is the same for whoever loads the model with AutoModelForSequenceClassification.
    """
    batch = collate([(one.ids, each) for one in groups for each in one.completions], pad_id).to(model.device)
    hidden = model.base_model(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False).last_hidden_state
    states: Tensor = hidden[torch.arange(len(batch.last), device=hidden.device), batch.last]
    return states


def _longest(group: Group) -> int:
    return max(map(len, group.completions))


def _plain_shapes(group: Group) -> Sequence[Shape]:
    return [(len(group.completions), len(group.ids) + _longest(group))]


def _mask_shapes(group: Group) -> Sequence[Shape]:
    return [(1, len(group.ids) + sum(map(len, group.completions)))]


def _cache_shapes(group: Group) -> Sequence[Shape]:
    rows = len(group.completions)
    return [(1, len(group.ids)), (rows, _longest(group)), (rows, -(-len(group.ids) // LENT))]


PLAIN = Form("plain", by_completion, _plain_shapes)
MASK = Form("mask", by_mask, _mask_shapes)
CACHE = Form("cache", by_cache, _cache_shapes)
FORMS = {form.name: form for form in (PLAIN, MASK, CACHE)}
