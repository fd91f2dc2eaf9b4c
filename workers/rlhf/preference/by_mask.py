"""The prompt shared by a mask: one sequence holds the prompt and all of its completions.

Each completion sees the prompt and itself, and counts its positions from the prompt's end, so that for the model it
stands behind the prompt alone. No cache is kept, so gradient checkpointing works as it does anywhere.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from workers.rlhf.preference.groups import Group, closed, padded


def by_mask(model: Any, groups: Sequence[Group], pad_id: int) -> Tensor:
    """The last hidden state of each completion's last token, (N, H)."""
    device = model.device
    ids, _ = padded([[*one.ids, *(token for each in one.completions for token in each)] for one in groups], pad_id)
    part, positions = (padded(rows, 0)[0].to(device) for rows in zip(*map(_places, groups), strict=True))
    hidden = model.base_model(
        input_ids=ids.to(device),
        attention_mask=closed(_seen(part), model.dtype),
        position_ids=positions,
        use_cache=False,
    ).last_hidden_state
    rows, columns = zip(*((row, end - 1) for row, one in enumerate(groups) for end in _ends(one)), strict=True)
    states: Tensor = hidden[torch.tensor(rows, device=device), torch.tensor(columns, device=device)]
    return states


def _places(group: Group) -> tuple[list[int], list[int]]:
    """Of each token which part it is of (1 the prompt, 2 and on the completions; padding is 0), and its position."""
    start = len(group.ids)
    part, positions = [1] * start, list(range(start))
    for number, one in enumerate(group.completions, start=2):
        part += [number] * len(one)
        positions += range(start, start + len(one))
    return part, positions


def _seen(part: Tensor) -> Tensor:
    """(B, L, L) bool: what the token of a row of that matrix sees. Padding sees padding, so that no row is empty."""
    same = part[:, :, None] == part[:, None, :]
    prompt = part[:, None, :] == 1
    order = torch.arange(part.shape[1], device=part.device)
    return (same | prompt & (part[:, :, None] > 0)) & (order[:, None] >= order)


def _ends(group: Group) -> list[int]:
    """One past the last token of each completion."""
    return list(accumulate(map(len, group.completions), initial=len(group.ids)))[1:]
