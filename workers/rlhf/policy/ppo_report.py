"""PPO's before and after: the same prompts and number of replies, sampled with the same seed and scored alike."""

from dataclasses import asdict, dataclass
from random import Random
from typing import Any

import torch

from apps.datasets.domain.records import Message
from apps.training.domain.specs import PpoSpec
from workers.rlhf.frame.guard import Ear
from workers.rlhf.policy.asking import Asked
from workers.rlhf.policy.rollout import Actors, collect

MOST_EVALUATED = 256  # replies: a mean reward's standard error is then a sixteenth of the rewards' deviation


@dataclass(frozen=True, slots=True)
class Sample:
    prompt_uid: str
    messages: list[Message]
    text: str
    reward: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A policy on the evaluated prompts: means over its replies, and the first of them."""

    reward: float
    kl: float  # nats a reply, to the SFT policy
    length: float  # tokens
    eos_rate: float
    replies: int
    samples: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def evaluated_prompts(prompts: list[Asked], spec: PpoSpec) -> list[Asked]:
    """A prompt for each reply: different ones first, some again where there are few. The seed decides.

    They are prompts that PPO learns on, since it reads no others.
    """
    order = Random(f"{spec.seed} evaluated").sample(prompts, len(prompts))  # noqa: S311
    count = max(min(spec.sample_prompts, len(order)), min(spec.batch_size, MOST_EVALUATED))
    return [order[number % len(order)] for number in range(count)]


def look(actors: Actors, prompts: list[Asked], spec: PpoSpec, generator: torch.Generator, ear: Ear) -> Seen:
    """One sampled reply to each, at temperature 1, as PPO and generation runs sample them."""
    rollout = collect(actors, prompts, spec, generator, ear)
    seen = rollout.measure(spec.beta)
    samples = [
        asdict(Sample(asked.uid, asked.messages, text, float(reward)))
        for asked, text, reward in zip(prompts, rollout.texts, rollout.rewards, strict=True)
    ]
    return Seen(
        **{name: seen[name] for name in ("reward", "kl", "length", "eos_rate")},
        replies=len(prompts),
        samples=samples[: min(spec.sample_prompts, len({one.uid for one in prompts}))],
    )


def ppo_report(before: Seen, after: Seen) -> dict[str, Any]:
    """`kl` is the saved policy's. Rewards are in the reward model's scale, less the penalty of a missing EOS."""
    return {
        "kl": after.kl,
        "evaluated_replies": after.replies,
        "reward_before": before.reward,
        "reward_after": after.reward,
        "length_before": before.length,
        "length_after": after.length,
        "eos_before": before.eos_rate,
        "eos_after": after.eos_rate,
        "samples": [
            {
                "prompt_uid": old["prompt_uid"],
                "messages": old["messages"],
                "before": old["text"],
                "after": new["text"],
                "reward_before": old["reward"],
                "reward_after": new["reward"],
            }
            for old, new in zip(before.samples, after.samples, strict=True)
        ],
    }
