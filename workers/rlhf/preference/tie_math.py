"""Comparisons that may end in a tie, as log-probabilities of the difference d = r_first - r_second of two rewards.

Both extend Bradley and Terry's P(first) = sigmoid(d), which is what either is without ties:

- Davidson, "On extending the Bradley-Terry model to accommodate ties in paired comparison experiments" (Journal of the
  American Statistical Association 65, 1970): with strengths p = exp(r),
  P(first) : P(tie) : P(second) = p_1 : nu sqrt(p_1 p_2) : p_2, nu >= 0.
- Rao and Kupper, "Ties in paired-comparison experiments: a generalization of the Bradley-Terry model" (same journal 62,
  1967): a judge sees no difference below a threshold, P(first) = p_1 / (p_1 + theta p_2), theta >= 1, and
  P(tie) = (theta^2 - 1) P(first) P(second).

Every function takes a tensor of any shape and the logarithm of its parameter as a scalar, and gives tensors of d's shape.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def davidson_win(d: Tensor, log_nu: Tensor) -> Tensor:
    """log P(first)."""
    return d / 2 - _davidson_total(d, log_nu)


def davidson_tie(d: Tensor, log_nu: Tensor) -> Tensor:
    """log P(tie)."""
    return log_nu - _davidson_total(d, log_nu)


def _davidson_total(d: Tensor, log_nu: Tensor) -> Tensor:
    return torch.logsumexp(torch.stack([d / 2, -d / 2, log_nu.expand_as(d)]), dim=0)


def rao_kupper_win(d: Tensor, log_theta: Tensor) -> Tensor:
    """log P(first)."""
    return logsigmoid(d - log_theta)


def rao_kupper_tie(d: Tensor, log_theta: Tensor) -> Tensor:
    """log P(tie)."""
    return torch.log(torch.expm1(2 * log_theta)) + logsigmoid(d - log_theta) + logsigmoid(-d - log_theta)


def davidson_start(share: float) -> float:
    """The log nu at which a share of ties is expected of equal rewards: nu / (2 + nu) = share."""
    return math.log(2 * share / (1 - share))


def rao_kupper_start(share: float) -> float:
    """The log theta at which a share of ties is expected of equal rewards: (theta - 1) / (theta + 1) = share."""
    return math.log((1 + share) / (1 - share))
