"""The value function: what a reply will still earn, seen before each of its tokens."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from workers.rlhf.language.batches import Batch
from workers.rlhf.language.logprobs import reply_states, spread


class Critic(nn.Module):
    """A language model's backbone with one number a token."""

    def __init__(self, backbone: nn.Module, weight: Tensor, bias: Tensor) -> None:
        """weight (1, H), bias (1,)."""
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(weight.shape[1], 1, device=weight.device)
        with torch.no_grad():
            self.head.weight.copy_(weight)
            self.head.bias.copy_(bias)

    def forward(self, batch: Batch) -> Tensor:
        """(B, T): the value before each reply token, zero on padding."""
        return spread(self.head(reply_states(self.backbone, batch))[:, 0], batch)


def critic_of_reward(model: Any, zero: float, scale: float) -> Critic:
    """A critic that starts as the reward model (C.4): what the text would earn, normalised, if it ended here."""
    weight = model.score.weight.detach()
    bias = torch.full((1,), -zero / scale, device=weight.device)
    own = getattr(model.score, "bias", None)
    if own is not None:
        bias += own.detach() / scale
    return Critic(deepcopy(model.base_model), weight / scale, bias)


def critic_of_policy(model: Any) -> Critic:
    """A critic on a copy of the policy's backbone, whose first values are all 0: rewards are normalised around it."""
    embedding = model.get_output_embeddings().weight
    return Critic(deepcopy(model.base_model), torch.zeros_like(embedding[:1]), torch.zeros_like(embedding[:1, 0]))
