"""What a PPO run's report says: before and after, and the same prompts side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..charts.chart import percent, short
from .report_json import finite

# Beyond this a change of length is worth a sentence: reward models like length for its own sake.
MUCH_LONGER = 1.25
MOST_END = 0.9
FACTS = (
    ("updates", "Updates"), ("episodes", "Episodes"), ("kl", "KL to the SFT policy, nats a reply"),
    ("evaluated_replies", "Replies measured before and after"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One prompt, answered by the policy before and after. The texts are a model's: hostile until shown otherwise."""

    prompt_uid: str
    messages: list[tuple[str, str]]
    before: str
    after: str
    reward_before: str
    reward_after: str


@dataclass(frozen=True, slots=True)
class PolicyReading:
    changes: list[Change]
    facts: list[tuple[str, str]]
    sentences: list[str]
    samples: list[Sample]


def read_policy(report: Mapping[str, Any]) -> PolicyReading:
    number = {name: value for name, raw in report.items() if (value := finite(raw)) is not None}
    changes = [
        Change(label, _shown(number.get(f"{name}_before"), as_share), _shown(number.get(f"{name}_after"), as_share))
        for name, label, as_share in (
            ("reward", "Reward, in units of the reward model's scale", False),
            ("length", "Length, in tokens", False),
            ("eos", "Replies that end by themselves", True),
        )
        if f"{name}_before" in number or f"{name}_after" in number
    ]
    facts = [(label, short(number[name])) for name, label in FACTS if name in number]
    samples = report.get("samples")
    shown = [_sample(one) for one in samples if isinstance(one, Mapping)] if isinstance(samples, list) else []
    return PolicyReading(changes, facts, sentences_of(number, report.get("stopped")), shown)


def sentences_of(number: Mapping[str, float], stopped: Any) -> list[str]:
    told = []
    if stopped == "kl":
        told.append(
            "It was stopped as it moved further from the SFT model than kl_stop allows; what it was just before is kept."
        )
    if {"reward_before", "reward_after"} <= number.keys():
        told.append(_of_reward(number["reward_before"], number["reward_after"]))
    before, after = number.get("length_before"), number.get("length_after")
    if before and after is not None and after > MUCH_LONGER * before:
        told.append(
            f"Replies grew {percent(after / before - 1, 0)} longer: see whether the reward merely follows length."
        )
    elif before and after is not None and before > MUCH_LONGER * after:
        told.append(f"Replies became {percent(1 - after / before, 0)} shorter.")
    if (ends := number.get("eos_after")) is not None and ends < MOST_END:
        told.append(f"{percent(1 - ends, 0)} of its replies do not end by themselves.")
    return told


def _of_reward(before: float, after: float) -> str:
    if after <= before:
        return "The reward did not rise."
    return (
        f"The reward rose from {short(before)} to {short(after)}. That is the reward model's opinion of what was trained "
        "to please it; whether people prefer the new replies, only fresh rankings tell."
    )


def _sample(one: Mapping[str, Any]) -> Sample:
    messages = one.get("messages")
    turns = [turn for turn in messages if isinstance(turn, Mapping)] if isinstance(messages, list) else []
    return Sample(
        prompt_uid=str(one.get("prompt_uid", "")),
        messages=[(str(turn.get("role", "")), str(turn.get("content", ""))) for turn in turns],
        before=str(one.get("before", "")),
        after=str(one.get("after", "")),
        reward_before=_shown(finite(one.get("reward_before"))),
        reward_after=_shown(finite(one.get("reward_after"))),
    )


def _shown(value: float | None, as_share: bool = False) -> str:
    if value is None:
        return "not measured"
    return percent(value, 0) if as_share else short(value)
