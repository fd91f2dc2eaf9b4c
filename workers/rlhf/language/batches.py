"""Prompts with completions as padded tensors, with the places of the completions known by index, never by search."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.rlhf.language.render import Ids

IGNORED = -100  # the label that torch's cross_entropy leaves out


@dataclass(frozen=True, slots=True)
class Batch:
    """B sequences padded on the right to L tokens: the prompt, the completion (EOS last), padding."""

    ids: Tensor  # (B, L) long
    mask: Tensor  # (B, L) long: 1 on tokens, 0 on padding
    start: Tensor  # (B,) long: index of the completion's first token
    end: Tensor  # (B,) long: one past the completion's last token

    def to(self, device: torch.device) -> "Batch":
        return Batch(self.ids.to(device), self.mask.to(device), self.start.to(device), self.end.to(device))

    @property
    def last(self) -> Tensor:
        """(B,) index of the completion's last token, where its reward is read."""
        return self.end - 1

    @property
    def completion_mask(self) -> Tensor:
        """(B, L) bool: True on completion tokens."""
        place = torch.arange(self.ids.shape[1], device=self.ids.device)
        return (place >= self.start[:, None]) & (place < self.end[:, None])

    @property
    def labels(self) -> Tensor:
        """(B, L) long: the completion's tokens, IGNORED elsewhere (not yet shifted)."""
        return torch.where(self.completion_mask, self.ids, IGNORED)


def collate(pairs: Sequence[tuple[Ids, Ids]], pad_id: int) -> Batch:
    """(prompt, completion) token lists as a Batch."""
    starts = [len(prompt) for prompt, _ in pairs]
    ends = [len(prompt) + len(completion) for prompt, completion in pairs]
    ids = torch.full((len(pairs), max(ends)), pad_id, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, (prompt, completion) in enumerate(pairs):
        ids[row, : ends[row]] = torch.tensor([*prompt, *completion])
        mask[row, : ends[row]] = 1
    return Batch(ids, mask, torch.tensor(starts), torch.tensor(ends))


def pad_left(prompts: Sequence[Ids], pad_id: int) -> tuple[Tensor, Tensor]:
    """Prompts for generation, padded on the left: ids and mask, (B, L) long."""
    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[pad_id] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    return ids, mask
