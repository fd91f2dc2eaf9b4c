"""What an SFT run says of itself: what was learned from, how, and which epoch was kept and why."""

import math
from collections.abc import Sequence
from typing import Any

from workers.rlhf.learning.optimise import Pair, epoch_batches
from workers.rlhf.learning.packing import pack
from workers.rlhf.learning.selection import LAST, LOSS, REWARD, Look, Selection

Z = 1.96  # 95 %


def tokens_of(pairs: Sequence[Pair]) -> dict[str, int]:
    """`learned` are those with a loss: replies and their ends. `seen` are prompts too."""
    learned = sum(len(completion) for _, completion in pairs)
    return {"learned": learned, "seen": learned + sum(len(prompt) for prompt, _ in pairs)}


def padding_of(pairs: Sequence[Pair], batch_size: int, seed: int, *, packed: bool) -> float:
    """The share of places that hold padding, in the batches of the first epoch."""
    places = 0
    for batch in epoch_batches(pairs, batch_size, seed, 0):
        if packed:
            places += pack(batch, 0).ids.numel()
        else:
            places += len(batch) * max(len(prompt) + len(completion) for prompt, completion in batch)
    return 1 - tokens_of(pairs)["seen"] / places


def selection_report(selection: Selection, kept: Look | None, why: str, prompts: int) -> dict[str, Any]:
    """`why` says in a sentence what the epoch was chosen by; `prompts` is how many were answered after each epoch."""
    by_loss, last = selection.best(LOSS), selection.best(LAST)
    found: dict[str, Any] = {
        "by": selection.by,
        "why": why,
        "prompts": prompts,
        "kept_epoch": kept and kept.epoch,
        "loss_epoch": by_loss and by_loss.epoch,
        "epochs": [
            {"epoch": one.epoch, "step": one.step, "validation_loss": one.validation_loss, "reward": one.reward, "ended": one.ended}
            for one in selection.looks
        ],
    }  # fmt: skip
    if selection.by == REWARD and kept is not None:
        found["ahead_of_last"] = _ahead(kept, last)
        found["ahead_of_loss"] = _ahead(kept, by_loss)
    return found


def _ahead(kept: Look, other: Look | None) -> dict[str, float] | None:
    """By how much the kept epoch's replies score more than the other's, on the same prompts; None for the same epoch.

    The interval is of the difference by prompt. It looks a little too good: the kept epoch is the best of several.
    """
    if other is None or other.step == kept.step or not other.rewards:
        return None
    gaps = [mine - its for mine, its in zip(kept.rewards, other.rewards, strict=True)]
    mean = sum(gaps) / len(gaps)
    spread = sum((gap - mean) ** 2 for gap in gaps) / max(1, len(gaps) - 1)
    half = Z * math.sqrt(spread / len(gaps))
    return {"mean": mean, "low": mean - half, "high": mean + half}
