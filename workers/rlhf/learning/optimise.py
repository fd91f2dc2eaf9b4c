"""What supervised training shares: the paper's optimiser and schedule, language-model loss, batches of like length."""

import math
from collections.abc import Iterator, Sequence
from random import Random

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from workers.rlhf.frame import processes, sharding
from workers.rlhf.frame.errors import Diverged
from workers.rlhf.language.batches import IGNORED, Batch
from workers.rlhf.language.render import Ids

Pair = tuple[Ids, Ids]  # prompt, completion
CLIP_NORM = 1.0  # GPT-3 (arXiv 2005.14165), appendix B; InstructGPT states no other
LOGITS_IN_FLIGHT = 2**26  # numbers: 256 MiB in float32. A batch with more is done in parts; the step is the same.
LIKE_LENGTH = 8  # batches that are sorted by length together


def adam(model: torch.nn.Module) -> torch.optim.Adam:
    """C: Adam with beta2 0.95. The learning rate is set before each step. Fused, a CPU's step takes a third of the time."""
    return torch.optim.Adam(model.parameters(), lr=0.0, betas=(0.9, 0.95), fused=True)


def cosine(rate: float, step: int, total: int) -> float:
    """C.1: from `rate` at step 0 to 10 % of it after `total` steps, without warm-up."""
    return rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * step / total)))


def completion_loss(model: torch.nn.Module, batch: Batch) -> Tensor:
    """Sum of the cross-entropies of the completions' tokens, in nats: a scalar. Prompts and padding have no part."""
    kept = int(batch.ids.shape[1] - batch.start.min()) + 1  # logits before the first completion are never made
    logits = model(input_ids=batch.ids, attention_mask=batch.mask, logits_to_keep=kept, use_cache=False).logits
    labels = batch.labels[:, -kept + 1 :]
    return cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]).float(), labels.reshape(-1), ignore_index=IGNORED, reduction="sum"
    )


def in_parts(pairs: Sequence[Pair], vocabulary: int) -> Iterator[Sequence[Pair]]:
    """`pairs`, sorted by length, in parts whose logits fit: at most LOGITS_IN_FLIGHT, at least one pair."""
    ordered = sorted(pairs, key=_length)
    while ordered:
        rows = max(1, min(len(ordered), LOGITS_IN_FLIGHT // (_length(ordered[-1]) * vocabulary)))
        yield ordered[-rows:]
        ordered = ordered[:-rows]


def descend(model: torch.nn.Module, optimiser: torch.optim.Optimizer, rate: float, loss: float) -> float:
    """One step down the gradients that were gathered. Raises Diverged where they, or the loss, are not finite.

    `loss` is that of this process's share of the batch, as its gradients are: shares are added up over the processes,
    so each has to be weighted as a part of the whole batch. Returns the whole loss.
    """
    learned = [one for one in model.parameters() if one.requires_grad]
    processes.add_up_gradients(learned)
    (loss,) = processes.total(loss)
    norm = sharding.full_number(torch.nn.utils.clip_grad_norm_(learned, CLIP_NORM))
    for name, value in (("loss", loss), ("gradient's norm", norm)):
        if not math.isfinite(value):
            raise Diverged(f"The {name} was {value}: a smaller learning_rate may help.")
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return loss


def epoch_batches(pairs: Sequence[Pair], size: int, seed: int, epoch: int) -> list[list[Pair]]:
    """Every pair once, in batches of `size` of a like length, in an order that (seed, epoch) decides.

    A resumed run finds its place by counting batches.
    """
    dice = Random(f"{seed} {epoch}")  # noqa: S311
    order = list(pairs)
    dice.shuffle(order)
    batches = []
    for start in range(0, len(order), size * LIKE_LENGTH):
        alike = sorted(order[start : start + size * LIKE_LENGTH], key=_length)
        batches += [alike[first : first + size] for first in range(0, len(alike), size)]
    dice.shuffle(batches)
    return batches


def _length(pair: Pair) -> int:
    return len(pair[0]) + len(pair[1])
