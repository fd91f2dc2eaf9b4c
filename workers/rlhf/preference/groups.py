"""Completions by the prompt that they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from workers.rlhf.language.render import Ids


class Group(Protocol):
    """A prompt's tokens and those of its completions."""

    @property
    def ids(self) -> Ids: ...
    @property
    def completions(self) -> list[Ids]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A group that is nothing else."""

    ids: Ids
    completions: list[Ids]


def together(pairs: Sequence[tuple[Ids, Ids]]) -> tuple[list[Asked], list[list[int]]]:
    """(prompt, completion) token lists by prompt, and of each group the places of its completions among the pairs."""
    groups: dict[tuple[int, ...], tuple[Asked, list[int]]] = {}
    for place, (prompt, completion) in enumerate(pairs):
        group, places = groups.setdefault(tuple(prompt), (Asked(prompt, []), []))
        group.completions.append(completion)
        places.append(place)
    return [group for group, _ in groups.values()], [places for _, places in groups.values()]


def padded(lists: Sequence[Ids], pad_id: int) -> tuple[Tensor, Tensor]:
    """Token lists padded on the right, (B, L) long, and their lengths, (B,) long."""
    lengths = torch.tensor([len(one) for one in lists])
    ids = torch.full((len(lists), int(lengths.max())), pad_id)
    for row, one in enumerate(lists):
        ids[row, : len(one)] = torch.tensor(one)
    return ids, lengths


def closed(seen: Tensor, dtype: torch.dtype) -> Tensor:
    """A mask to add to attention's logits, (B, 1, Q, S): 0 where `seen` (B, Q, S) bool, else the lowest number.

    The layout that every attention implementation which takes a ready mask agrees on.
    """
    mask = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
    return mask.masked_fill_(~seen, torch.finfo(dtype).min)[:, None]
