"""The raw reward of completions: the reward head at each completion's last token, found by index."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from transformers import PreTrainedModel

from workers.rlhf.batches import Batch, collate
from workers.rlhf.render import Ids

TOKENS_AT_ONCE = 2**14  # padded tokens of one forward: 8 completions of the paper's longest
Item = TypeVar("Item")


def raw_rewards(model: PreTrainedModel, batch: Batch) -> Tensor:
    """(B,) float32, with gradient unless torch.no_grad().

    The class's own pooling looks for the last token that is no padding (trl#3750); here the collator says where the
    completion ends. The result is the same for whoever loads the model with AutoModelForSequenceClassification.
    """
    head: Any = model.score
    hidden = model.base_model(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False).last_hidden_state
    rows = torch.arange(len(batch.last), device=hidden.device)
    scores: Tensor = head(hidden[rows, batch.last])
    return scores[:, 0].float()


@torch.no_grad()
def score(
    model: PreTrainedModel,
    pairs: Sequence[tuple[Ids, Ids]],
    pad_id: int,
    *,
    between: Callable[[], None] = lambda: None,
) -> Tensor:
    """Raw rewards of (prompt, completion) token lists, (N,) float32 on the CPU, in the order given.

    Lists of a like length go together. `between` is called after each forward, to stop at, for instance.
    """
    rewards = torch.zeros(len(pairs))
    order = sorted(range(len(pairs)), key=lambda n: len(pairs[n][0]) + len(pairs[n][1]))
    for part in parts(order, lambda n: (1, len(pairs[n][0]) + len(pairs[n][1]))):
        batch = collate([pairs[n] for n in part], pad_id).to(model.device)
        rewards[part] = raw_rewards(model, batch).cpu()
        between()
    return rewards


def parts(items: Sequence[Item], size: Callable[[Item], tuple[int, int]]) -> Iterator[list[Item]]:
    """The items in runs whose sequences, padded to the longest, hold at most TOKENS_AT_ONCE tokens.

    `size` gives an item's number of sequences and the tokens of its longest. An item is never split.
    """
    part: list[Item] = []
    rows = width = 0
    for item in items:
        more, longest = size(item)
        if part and (rows + more) * max(width, longest) > TOKENS_AT_ONCE:
            yield part
            part, rows, width = [], 0, 0
        part.append(item)
        rows, width = rows + more, max(width, longest)
    if part:
        yield part
