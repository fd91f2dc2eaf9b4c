"""One turn of the loop as a graph of stations: what is due, what is waited for, and how it ends.

    demonstrations -> SFT, and rankings -> reward; both, and prompts -> PPO;
    prompts to answer -> candidates of the policy and of the SFT model -> tasks

A station's value is the name of the row's field that holds it, so a station is made once: when the field is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Station(StrEnum):
    DEMONSTRATIONS = "demonstrations_snapshot"
    RANKINGS = "rankings_snapshot"
    PROMPTS = "prompts_snapshot"
    TO_ANSWER = "candidates_snapshot"
    SFT = "sft_run"
    REWARD = "reward_run"
    PPO = "ppo_run"
    POLICY_CANDIDATES = "policy_generation"
    SFT_CANDIDATES = "sft_generation"
    TASKS = "tasks_created"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Station.DEMONSTRATIONS: "demonstrations snapshot",
    Station.RANKINGS: "rankings snapshot",
    Station.PROMPTS: "prompts snapshot",
    Station.TO_ANSWER: "snapshot of the prompts to answer",
    Station.SFT: "SFT run",
    Station.REWARD: "reward run",
    Station.PPO: "PPO run",
    Station.POLICY_CANDIDATES: "policy's generation run",
    Station.SFT_CANDIDATES: "SFT model's generation run",
    Station.TASKS: "making of tasks",
}

SNAPSHOTS = (Station.DEMONSTRATIONS, Station.RANKINGS, Station.PROMPTS, Station.TO_ANSWER)
# What must be done before a station is due. The candidates wait for the policy, so that a PPO that fails costs none.
NEEDS: dict[Station, tuple[Station, ...]] = {
    **dict.fromkeys(SNAPSHOTS, ()),
    Station.SFT: (Station.DEMONSTRATIONS,),
    Station.REWARD: (Station.SFT, Station.RANKINGS),
    Station.PPO: (Station.REWARD, Station.PROMPTS),
    Station.POLICY_CANDIDATES: (Station.PPO, Station.TO_ANSWER),
    Station.SFT_CANDIDATES: (Station.PPO, Station.TO_ANSWER),
    Station.TASKS: (Station.POLICY_CANDIDATES, Station.SFT_CANDIDATES),
}


class Progress(StrEnum):
    NOTHING = "nothing"  # not begun
    WAITING = "waiting"  # a worker has it, or will
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Fact:
    """How far a station is; `error` is the real one of a station that failed."""

    progress: Progress = Progress.NOTHING
    error: str = ""


@dataclass(frozen=True, slots=True)
class Begin:
    """These stations are due, in this order."""

    stations: tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    stations: tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """The turn cannot go on: `state` is failed or cancelled, `sentence` names the station and its error."""

    state: Progress
    sentence: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Every station is done."""


Step = Begin | Wait | Stop | Finish


def next_step(facts: Mapping[Station, Fact]) -> Step:
    """What is to be done now. A station that is not in `facts` has not begun."""
    at = {station: facts.get(station, Fact()) for station in Station}
    for state in (Progress.FAILED, Progress.CANCELLED):
        for station, fact in at.items():
            if fact.progress == state:
                return Stop(state, _ending(station, fact))
    due = tuple(station for station, fact in at.items() if fact.progress == Progress.NOTHING and _ready(station, at))
    if due:
        return Begin(due)
    waiting = tuple(station for station, fact in at.items() if fact.progress == Progress.WAITING)
    return Wait(waiting) if waiting else Finish()


def _ready(station: Station, at: Mapping[Station, Fact]) -> bool:
    return all(at[need].progress == Progress.DONE for need in NEEDS[station])


def _ending(station: Station, fact: Fact) -> str:
    if fact.progress == Progress.CANCELLED:
        return f"The {station.label} was cancelled."
    return f"The {station.label} failed: {fact.error}"


NO_JUDGE = " There is no reward model yet to choose the epoch as select asks, so the last one is kept."


def sft_settings(settings: Mapping[str, Any], *, has_reward_model: bool) -> tuple[Mapping[str, Any], str]:
    """The settings of a turn's SFT run, and a sentence where they are not quite those of the policy.

    The first turn trains its reward model after its SFT model: a `select` of reward holds from the second turn on.
    """
    if settings.get("select") == "reward" and not has_reward_model:
        return {**settings, "select": "auto"}, NO_JUDGE
    return settings, ""
