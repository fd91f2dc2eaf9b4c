"""InstructGPT's reward loss (arXiv 2203.02155, section 3.5 and C.2): one forward per completion, every pair from it.

A batch is B prompts; their N completions are scored once, as one flat vector. For each ranking the loss is the mean
of -log sigmoid(r_better - r_worse) over its ordered pairs; a tie gives no pair, unless a rule of `ties` models it.

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
WithTies = tuple[Ranking, Ranking]  # a ranking's ordered pairs, and its tied ones


@dataclass(frozen=True, slots=True)
class Pairs:
    """P pairs of a batch. The weights of all its pairs sum to 1, or to 0 where nothing was said that counts."""

    better: Tensor  # (P,) positions in the rewards
    worse: Tensor  # (P,)
    weight: Tensor  # (P,) float32

    def to(self, device: torch.device) -> "Pairs":
        return Pairs(self.better.to(device), self.worse.to(device), self.weight.to(device))

    def margins(self, rewards: Tensor) -> Tensor:
        """(P,) how far the better completion is ahead."""
        return rewards[self.better] - rewards[self.worse]


def weigh(prompts: Sequence[Sequence[Ranking]]) -> Pairs:
    """The pairs of a batch with the weights of its loss; `prompts` holds each prompt's rankings."""
    return weigh_with_ties([[(ranking, ()) for ranking in rankings] for rankings in prompts])[0]


def weigh_with_ties(prompts: Sequence[Sequence[WithTies]]) -> tuple[Pairs, Pairs]:
    """The ordered and the tied pairs of a batch. A ranking's weight is shared by all of its pairs, of either kind."""
    heard = [[ranking for ranking in rankings if any(ranking)] for rankings in prompts]
    share = 1 / max(1, sum(map(bool, heard)))
    rows: tuple[list[tuple[int, int, float]], ...] = ([], [])
    for rankings in heard:
        for ranking in rankings:
            weight = share / (len(rankings) * sum(map(len, ranking)))
            for kind, pairs in zip(rows, ranking, strict=True):
                kind += [(first, second, weight) for first, second in pairs]
    ordered, tied = map(_as_pairs, rows)
    return ordered, tied


def _as_pairs(rows: list[tuple[int, int, float]]) -> Pairs:
    better, worse, weight = zip(*rows, strict=True) if rows else ((), (), ())
    return Pairs(
        torch.tensor(better, dtype=torch.long),
        torch.tensor(worse, dtype=torch.long),
        torch.tensor(weight, dtype=torch.float32),
    )


def kwise_loss(rewards: Tensor, pairs: Pairs) -> Tensor:
    """The loss of a batch, or of the part of it that `pairs` holds: parts add up.

    rewards: (N,) one per completion. Returns a scalar; 0 with zero gradients where there is no pair.
    """
    return -(pairs.weight * logsigmoid(pairs.margins(rewards))).sum()


def correct(rewards: Tensor, pairs: Pairs) -> Tensor:
    """(P,) 1 where the better completion has the higher reward, 1/2 where both have the same, else 0."""
    return (torch.sign(pairs.margins(rewards)) + 1) / 2
