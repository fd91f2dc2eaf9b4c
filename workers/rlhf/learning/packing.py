"""Several demonstrations in one row that do not see each other: no place of a batch is spent on padding.

A row's tokens carry the positions that they would have alone, and a mask lets each see its own demonstration only. So
loss and gradients are those of the demonstrations one by one; packing is a matter of layout. Which rows a batch makes
depends on its demonstrations alone, so that (seed, epoch, step) still decides a step.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from workers.rlhf.language.batches import IGNORED, collate
from workers.rlhf.learning.optimise import Pair, completion_loss

EQUAL = 1e-4  # nats: what two layouts of the same numbers may differ by, in float32, over a few tokens
ROW = 256  # tokens: shorter rows gain nothing more, and attention over longer ones costs more than padding does


@dataclass(frozen=True, slots=True)
class Packed:
    """R rows of at most L tokens, each of one or several demonstrations."""

    ids: Tensor  # (R, L) long
    positions: Tensor  # (R, L) long: 0, 1, 2, ... within each demonstration
    owner: Tensor  # (R, L) long: which demonstration of its row a token belongs to, -1 on padding
    labels: Tensor  # (R, L) long: the completions' tokens, IGNORED elsewhere (not yet shifted)

    def to(self, device: torch.device) -> "Packed":
        return Packed(self.ids.to(device), self.positions.to(device), self.owner.to(device), self.labels.to(device))

    @property
    def mask(self) -> Tensor:
        """(R, 1, L, L) bool: whether a token sees another: itself and what stands before it in its demonstration."""
        length = self.ids.shape[1]
        before = torch.ones(length, length, dtype=torch.bool, device=self.ids.device).tril()
        return (before & (self.owner[:, :, None] == self.owner[:, None, :]))[:, None]


def rows_of(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Indices of `lengths` by row: the longest first, each into the first row that has room for it."""
    rows: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        place = next((row for row, left in enumerate(room) if left >= lengths[index]), len(rows))
        if place == len(rows):
            rows.append([])
            room.append(capacity)
        rows[place].append(index)
        room[place] -= lengths[index]
    return rows


def even_rows(lengths: Sequence[int]) -> list[list[int]]:
    """As few rows as go with ROW, or with the longest where that is more; then as short as so many rows can be."""
    widest = max(ROW, *lengths)
    rows = rows_of(lengths, widest)
    width = max(max(lengths), -(-sum(lengths) // len(rows)))
    while width < widest:
        narrower = rows_of(lengths, width)
        if len(narrower) <= len(rows):
            return narrower
        width += 1 + width // 32
    return rows


def pack(pairs: Sequence[Pair], pad_id: int) -> Packed:
    """What `even_rows` makes of the pairs, padded to the longest row."""
    lengths = [len(prompt) + len(completion) for prompt, completion in pairs]
    rows = even_rows(lengths)
    shape = len(rows), max(sum(lengths[index] for index in row) for row in rows)
    ids = torch.full(shape, pad_id, dtype=torch.long)
    positions, owner, labels = torch.zeros_like(ids), torch.full_like(ids, -1), torch.full_like(ids, IGNORED)
    for number, row in enumerate(rows):
        start = 0
        for index in row:
            prompt, completion = pairs[index]
            end = start + lengths[index]
            ids[number, start:end] = torch.tensor([*prompt, *completion])
            positions[number, start:end] = torch.arange(lengths[index])
            owner[number, start:end] = index
            labels[number, start + len(prompt) : end] = torch.tensor(completion)
            start = end
    return Packed(ids, positions, owner, labels)


def packed_loss(model: Any, packed: Packed) -> Tensor:
    """What `completion_loss` is of the same pairs: the sum of their completions' cross-entropies, in nats."""
    mask: Tensor = packed.mask
    if model.config._attn_implementation == "eager":  # it adds the mask, where others take booleans
        mask = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, torch.finfo(torch.float32).min)
    targets = packed.labels[:, 1:]
    kept = (targets != IGNORED).any(dim=0).nonzero()[:, 0]  # no logits are made where no row has a token to learn
    logits = model(
        input_ids=packed.ids, attention_mask=mask, position_ids=packed.positions, logits_to_keep=kept, use_cache=False
    ).logits
    return cross_entropy(
        logits.reshape(-1, logits.shape[-1]).float(),
        targets[:, kept].reshape(-1),
        ignore_index=IGNORED,
        reduction="sum",
    )


@torch.no_grad()
def why_not_packed(model: Any, pairs: Sequence[Pair], pad_id: int) -> str | None:
    """A sentence where this model cannot take packed rows, None where it can: it is tried on two short pairs.

    A family without absolute or rotary positions (ALiBi), or with a state that runs through the row (Mamba), shows so.
    """
    taken = inspect.signature(model.forward).parameters
    name = type(model).__name__
    if missing := [one for one in ("position_ids", "logits_to_keep") if one not in taken]:
        return f"{name} takes no {' and no '.join(missing)}."
    window = _window(model.config)
    longest = max(len(prompt) + len(completion) for prompt, completion in pairs)
    if window is not None and longest > window:
        return f"{name} looks back {window} tokens only, and a demonstration has {longest}."
    two = sorted(pairs, key=lambda pair: len(pair[0]) + len(pair[1]))[:2]
    tried = [two[0], two[-1]]
    try:
        packed = packed_loss(model, pack(tried, pad_id).to(model.device)).item()
    except (TypeError, ValueError, RuntimeError, IndexError) as error:
        return f"{name} takes no packed rows: {error}"
    alone = sum(completion_loss(model, collate([pair], pad_id).to(model.device)).item() for pair in tried)
    if not abs(packed - alone) <= EQUAL * max(1.0, abs(alone)):
        return f"{name} gives demonstrations in one row another loss ({packed:.4f}) than alone ({alone:.4f})."
    return None


def _window(config: Any) -> int | None:
    """How far back its layers look, None where they see everything."""
    text = config.get_text_config()
    if getattr(text, "use_sliding_window", True) is False:
        return None
    found: int | None = getattr(text, "sliding_window", None)
    return found
