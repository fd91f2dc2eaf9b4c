"""One batch of episodes: sampled replies, and what every model in PPO says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from apps.training.domain.specs import PpoSpec
from workers.rlhf.frame.errors import Diverged
from workers.rlhf.frame.guard import DEAF, Ear
from workers.rlhf.language.batches import Batch, collate
from workers.rlhf.language.logprobs import score_replies
from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.policy import ppo_math
from workers.rlhf.policy.asking import Asked
from workers.rlhf.policy.critic import Critic
from workers.rlhf.policy.sampling import Reply, sample
from workers.rlhf.preference.portions import parts
from workers.rlhf.preference.scorer import Scorer

SAME = 1e-4  # the most that two computations of one probability may differ by, as a share of it (float32)
SAMPLED_AT_ONCE = 4  # minibatches: sampling holds keys and values only, learning every activation


@dataclass(frozen=True, slots=True)
class Actors:
    """PPO's four models, all in evaluation mode. The reference is the SFT policy and never moves."""

    policy: Any
    reference: Any
    critic: Critic
    scorer: Scorer
    renderer: Renderer


@dataclass(frozen=True, slots=True)
class Rollout:
    """B replies of up to T tokens. `rewards` are scores in the reward's scale, less the penalty of a missing EOS."""

    asked: list[Asked]
    replies: list[Reply]
    texts: list[str]
    rewards: Tensor  # (B,)
    mask: Tensor  # (B, T)
    logprobs: Tensor  # (B, T), of the policy that sampled, by the forward that training uses
    reference: Tensor  # (B, T), of the same tokens by the reference
    values: Tensor  # (B, T)
    entropies: Tensor  # (B, T)

    @property
    def pairs(self) -> list[tuple[Ids, Ids]]:
        return [(one.ids, reply.tokens) for one, reply in zip(self.asked, self.replies, strict=True)]

    @property
    def kl(self) -> Tensor:
        """(B,) nats of each reply, to the reference."""
        return ppo_math.kl_k1(self.logprobs, self.reference, self.mask)

    def in_parts(self, chosen: Sequence[int]) -> list[list[int]]:
        """Some of the replies in parts that fit in memory, those of a like length together."""
        whole = {index: len(self.asked[index].ids) + len(self.replies[index].tokens) for index in chosen}
        return list(parts(sorted(chosen, key=whole.__getitem__), lambda index: [(1, whole[index])]))

    def batch(self, chosen: Sequence[int], pad_id: int) -> Batch:
        pairs = self.pairs
        return collate([pairs[index] for index in chosen], pad_id).to(self.mask.device)

    def measure(self, beta: float) -> dict[str, float]:
        """Means over replies; entropy is a mean over tokens."""
        reward, kl = float(self.rewards.mean()), float(self.kl.mean())
        return {
            "reward": reward,
            "kl": kl,
            "objective": reward - beta * kl,
            "length": float(self.mask.sum(dim=1).mean()),
            "eos_rate": sum(reply.ended for reply in self.replies) / len(self.replies),
            "entropy": float(ppo_math.masked_mean(self.entropies, self.mask)),
        }


@torch.no_grad()
def collect(actors: Actors, asked: list[Asked], spec: PpoSpec, generator: torch.Generator, ear: Ear = DEAF) -> Rollout:
    """A reply to each prompt, and its rewards, log-probabilities and values; ends where `ear` hears of a stop.

    Raises Diverged where a number is not finite.
    """
    replies = sample(
        actors.policy,
        [one.ids for one in asked],
        eos=actors.renderer.eos_id,
        limit=spec.max_completion_tokens,
        rows=SAMPLED_AT_ONCE * spec.minibatch_size,
        generator=generator,
        asked=ear.asked,
    )
    ear.heed()
    texts = [actors.renderer.text(reply.tokens) for reply in replies]
    scores = actors.scorer.score([one.reward_ids for one in asked], texts, ear.heed)
    penalty = torch.tensor([0.0 if reply.ended else spec.missing_eos_penalty for reply in replies])
    rollout = _seen_by_all(actors, asked, replies, texts, scores - penalty, ear)
    for name in ("rewards", "logprobs", "reference", "values"):
        if not torch.isfinite(getattr(rollout, name)).all():
            raise Diverged(f"{name}: one is not finite: a smaller learning_rate may help.")
    return rollout


def _seen_by_all(
    actors: Actors, asked: list[Asked], replies: list[Reply], texts: list[str], rewards: Tensor, ear: Ear
) -> Rollout:
    """The replies under policy, reference and critic, a part at a time, those of a like length together."""
    lengths = torch.tensor([len(reply.tokens) for reply in replies])
    device = actors.policy.device
    mask = (torch.arange(int(lengths.max())) < lengths[:, None]).float().to(device)
    logprobs, reference, values, entropies = (torch.zeros_like(mask) for _ in range(4))
    rollout = Rollout(asked, replies, texts, rewards.to(device), mask, logprobs, reference, values, entropies)
    for part in rollout.in_parts(range(len(asked))):
        batch = rollout.batch(part, actors.renderer.pad_id)
        own = score_replies(actors.policy, batch, with_entropies=True)
        width = own.logprobs.shape[1]
        logprobs[part, :width] = own.logprobs
        entropies[part, :width] = own.entropies
        reference[part, :width] = score_replies(actors.reference, batch).logprobs
        values[part, :width] = actors.critic(batch)
        ear.heed()
    return rollout


class NotOnPolicyError(RuntimeError):
    """What is learned from is not what was sampled: dropout, another mask, or a head that does more than its weights."""


def check_on_policy(rollout: Rollout) -> None:
    """Before anything is learned: the policy is its reference, and samples from the distribution that is scored.

    (trl#235, #925, #1857: a KL below zero is this gone wrong.) Raises NotOnPolicyError.
    """
    kl = float(rollout.kl.abs().max())
    if kl > 1e-5:
        raise NotOnPolicyError(f"The KL to the reference is {kl:.2e} before the first update: it must be 0.")
    drawn = [torch.tensor(reply.logprobs) for reply in rollout.replies]
    scored = [own[: len(one)].cpu() for own, one in zip(rollout.logprobs, drawn, strict=True)]
    gap = float((torch.cat(drawn) - torch.cat(scored)).abs().mean())
    if gap > SAME:
        raise NotOnPolicyError(
            f"Replies are not sampled from the distribution that is scored: their log-probabilities differ by {gap:.2e}."
        )


def check_ratio(ratio: float) -> None:
    """Of an update's first minibatch: nothing has moved yet. What is not finite, the loss's check names."""
    if abs(ratio - 1) > SAME:
        raise NotOnPolicyError(f"The first probability ratio of an update is {ratio:.6f}: it must be 1.")
