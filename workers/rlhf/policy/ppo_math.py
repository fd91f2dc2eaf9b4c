"""PPO's tensor maths: pure functions on B completions of up to T tokens each (right-padded, `mask` 1.0 on tokens).

A state is the text so far, an action the next token; the last action of a finished completion is its end token (EOS).
The arithmetic follows PPO (Schulman et al. 2017, arXiv 1707.06347), generalised advantage estimation (arXiv 1506.02438)
and the KL-penalised reward of "Fine-Tuning Language Models from Human Preferences" (arXiv 1909.08593), which
InstructGPT uses (arXiv 2203.02155, C.4).
"""

from typing import NamedTuple

import torch
from torch import Tensor


class PolicyLoss(NamedTuple):
    """Scalars: the loss to descend, and what it says about the step."""

    loss: Tensor
    clip_fraction: Tensor  # share of tokens whose ratio is clipped in the loss
    ratio: Tensor  # mean of new / old probability
    approx_kl: Tensor  # nats a token, old to new policy (k3)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of values [B, T] where mask [B, T] is 1: a scalar. What stands on padding, NaN included, has no part."""
    return torch.where(mask.bool(), values, 0.0).sum() / mask.sum()


def masked_sum(values: Tensor, mask: Tensor) -> Tensor:
    """Sum over the tokens of each completion: values [B, T], mask [B, T] -> [B]."""
    return torch.where(mask.bool(), values, 0.0).sum(dim=1)


def masked_whiten(values: Tensor, mask: Tensor) -> Tensor:
    """values [B, T] with mean 0 and (biased) variance 1 over the tokens of the whole batch; 0 on padding."""
    mean = masked_mean(values, mask)
    variance = masked_mean((values - mean) ** 2, mask)
    return torch.where(mask.bool(), (values - mean) * torch.rsqrt(variance + 1e-8), 0.0)


def kl_k1(logprobs: Tensor, ref_logprobs: Tensor, mask: Tensor) -> Tensor:
    """KL(policy || reference) of each completion in nats: [B, T] x 3 -> [B].

    The sum of log p - log q over the sampled tokens: unbiased, and negative now and then on single completions. It is
    the penalty that PPO pays, so it is the `kl` that is reported and that `kl_stop` looks at.
    """
    return masked_sum(logprobs - ref_logprobs, mask)


def kl_k3(logprobs: Tensor, ref_logprobs: Tensor, mask: Tensor) -> Tensor:
    """The same KL by another estimate: the sum of q/p - 1 - log(q/p), never negative: [B, T] x 3 -> [B].

    From J. Schulman, "Approximating KL Divergence" (2020). Reported, a token, as `approx_kl` of a PPO step.
    """
    log_ratio = ref_logprobs - logprobs
    return masked_sum(torch.expm1(log_ratio) - log_ratio, mask)


def entropy(logits: Tensor) -> Tensor:
    """Entropy of the next-token distribution in nats: logits [..., V] -> [...]. A logit may be -inf."""
    logprobs = torch.log_softmax(logits, dim=-1)
    probs = logprobs.exp()
    return -torch.where(probs > 0, probs * logprobs, 0.0).sum(dim=-1)


def token_rewards(logprobs: Tensor, ref_logprobs: Tensor, scores: Tensor, mask: Tensor, beta: float) -> Tensor:
    """What each action earns: [B, T], [B, T], scores [B], mask [B, T] -> [B, T].

    Every token pays beta * (log p - log q); the last token of a completion, its EOS where it has one, earns the score.
    """
    rewards = torch.where(mask.bool(), -beta * (logprobs - ref_logprobs), 0.0)
    last = mask.sum(dim=1).long() - 1
    rows = torch.arange(len(scores), device=scores.device)
    rewards[rows, last] += scores
    return rewards


def gae(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """Advantages and returns [B, T] of rewards [B, T] and values [B, T] (before each action).

    A completion ends with its last token. One cut at the length limit ends there too: its score, less the penalty of a
    missing EOS, is all it will get, so no value is assumed beyond it.
    """
    values = torch.where(mask.bool(), values, 0.0)
    advantages = torch.zeros_like(rewards)
    ahead = torch.zeros_like(rewards[:, 0])
    next_value = torch.zeros_like(ahead)
    for step in reversed(range(rewards.shape[1])):
        delta = rewards[:, step] + gamma * next_value - values[:, step]
        ahead = (delta + gamma * lam * ahead) * mask[:, step]
        advantages[:, step] = ahead
        next_value = values[:, step]
    return advantages, advantages + values


def policy_loss(logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, mask: Tensor, clip: float) -> PolicyLoss:
    """PPO's clipped surrogate, mean over tokens: all [B, T]."""
    log_ratio = torch.where(mask.bool(), logprobs - old_logprobs, 0.0)
    ratio = log_ratio.exp()
    plain = -advantages * ratio
    clipped = -advantages * ratio.clamp(1 - clip, 1 + clip)
    with torch.no_grad():
        clip_fraction = masked_mean((clipped > plain).float(), mask)
        approx_kl = masked_mean(torch.expm1(log_ratio) - log_ratio, mask)
    return PolicyLoss(
        masked_mean(torch.maximum(plain, clipped), mask),
        clip_fraction,
        masked_mean(ratio.detach(), mask),
        approx_kl,
    )


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float) -> Tensor:
    """Half the squared error to the returns, the worse of the new value and the one held within `clip` of the old.

    All [B, T] -> a scalar, mean over tokens.
    """
    clipped = torch.clamp(values, old_values - clip, old_values + clip)
    worse = torch.maximum((values - returns) ** 2, (clipped - returns) ** 2)
    return 0.5 * masked_mean(worse, mask)
