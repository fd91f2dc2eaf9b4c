"""The moving average of a model's weights: what PPO saves (C.4: decay 0.992, one step an update)."""

import torch
from torch import Tensor, nn


class Average:
    """weights = decay * weights + (1 - decay) * the model's; a decay of 0 follows the model exactly.

    The average starts at the SFT policy, and with 0.992 it would still be mostly that after a hundred updates. So the
    n-th step's decay is at most (1 + n) / (10 + n): the start is soon forgotten, the average spans about the last tenth
    of a short run, and from update 1,115 on 0.992 holds as it stands.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.weights = [one.detach().clone() for one in model.parameters()]

    @torch.no_grad()
    def step(self, model: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.weights, [one.detach() for one in model.parameters()], 1 - decay)

    def copy(self) -> list[Tensor]:
        return [one.clone() for one in self.weights]


@torch.no_grad()
def put_weights(model: nn.Module, weights: list[Tensor]) -> None:
    for own, new in zip(model.parameters(), weights, strict=True):
        own.copy_(new)
