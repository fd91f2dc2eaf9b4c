"""InstructGPT's reward loss (arXiv 2203.02155, section 3.5 and C.2): one forward per completion, every pair from it.

A batch is B prompts; their N completions are scored once, as one flat vector. For each ranking the loss is the mean
of -log sigmoid(r_better - r_worse) over its ordered pairs; a tie gives no pair.

Several rankings of one prompt share its weight: the loss of a prompt is the mean over those of its rankings that have
a pair, the loss of a batch the mean over those of its prompts that have such a ranking. So a prompt that five
labelers ranked weighs as much as one that a single labeler ranked, and ties only weigh nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

Pair = tuple[int, int]  # positions of (better, worse) in the flat vector of rewards
Ranking = Sequence[Pair]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The P ordered pairs of a batch. The weights sum to 1, or to 0 where nothing but ties was said."""

    better: Tensor  # (P,) positions in the rewards
    worse: Tensor  # (P,)
    weight: Tensor  # (P,) float32

    def to(self, device: torch.device) -> "Pairs":
        return Pairs(self.better.to(device), self.worse.to(device), self.weight.to(device))


def weigh(prompts: Sequence[Sequence[Ranking]]) -> Pairs:
    """The pairs of a batch with the weights of its loss; `prompts` holds each prompt's rankings."""
    strict = [[ranking for ranking in rankings if ranking] for rankings in prompts]
    heard = sum(bool(rankings) for rankings in strict)
    better, worse, weight = [], [], []
    for rankings in strict:
        for ranking in rankings:
            for high, low in ranking:
                better.append(high)
                worse.append(low)
                weight.append(1 / (heard * len(rankings) * len(ranking)))
    return Pairs(
        torch.tensor(better, dtype=torch.long),
        torch.tensor(worse, dtype=torch.long),
        torch.tensor(weight, dtype=torch.float32),
    )


def kwise_loss(rewards: Tensor, pairs: Pairs) -> Tensor:
    """The loss of a batch, or of the part of it that `pairs` holds: parts add up.

    rewards: (N,) one per completion. Returns a scalar; 0 with zero gradients where there is no pair.
    """
    margins = rewards[pairs.better] - rewards[pairs.worse]
    return -(pairs.weight * logsigmoid(margins)).sum()


def correct(rewards: Tensor, pairs: Pairs) -> Tensor:
    """(P,) 1 where the better completion has the higher reward, 1/2 where both have the same, else 0."""
    margins = rewards[pairs.better] - rewards[pairs.worse]
    return (torch.sign(margins) + 1) / 2
