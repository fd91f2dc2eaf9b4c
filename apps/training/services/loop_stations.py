"""The stations of a turn: how far each is, and how each is begun."""

from typing import Any

from apps.datasets.models import DatasetSnapshot, Purpose
from apps.datasets.services.create import snapshot_create
from apps.prompts.domain.hygiene import Rules
from apps.prompts.models import Split
from apps.registry.models import GenerationRun, ModelVersion

from ..domain.candidates import samples_each
from ..domain.loop import SNAPSHOTS, Fact, Progress, Station, sft_settings
from ..models import LoopRun, TrainingRun
from .candidate_tasks import Mixes, mixes_of, tasks_of_the_mixes
from .inputs import REASON_MAX
from .launch import generation_launch, training_launch
from .places import previous_reward_model

Kind = DatasetSnapshot.Kind
# Validation prompts are in where something is measured on them, test prompts nowhere: they are evaluation's.
TRAIN: list[str] = [Split.TRAIN.value]
SEEN = [*TRAIN, Split.VALIDATION.value]
RUNS = (Station.SFT, Station.REWARD, Station.PPO, Station.POLICY_CANDIDATES, Station.SFT_CANDIDATES)
_PROGRESS = {
    "building": Progress.WAITING, "ready": Progress.DONE, "queued": Progress.WAITING, "running": Progress.WAITING,
    "done": Progress.DONE, "failed": Progress.FAILED, "cancelled": Progress.CANCELLED,
}  # fmt: skip


def facts_of(loop: LoopRun) -> dict[Station, Fact]:
    """How far each station of `loop` is, by the rows it points to."""
    return {station: _fact(station, getattr(loop, station.value)) for station in Station}


def _fact(station: Station, row: Any) -> Fact:
    if row is None:
        return Fact()
    if station == Station.TASKS:  # a number
        return Fact(Progress.DONE)
    return Fact(_PROGRESS[row.state], row.error if station in SNAPSHOTS else row.failure)


def station_begin(loop: LoopRun, station: Station, mixes: Mixes | None = None) -> None:
    """Make the station's row and put it on `loop`, in the caller's transaction. Raises RuleBroken where it cannot be.

    `mixes`: what `replies_mixed` found, which the tasks are made of.
    """
    if station in SNAPSHOTS:
        row: Any = _snapshot(loop, station)
    elif station == Station.TASKS:
        assert mixes is not None
        row = tasks_of_the_mixes(project=loop.project, mixes=mixes, home=loop)
        loop.prompts_without_task = mixes.without
    elif station in (Station.POLICY_CANDIDATES, Station.SFT_CANDIDATES):
        row = _generation(loop, station)
    else:
        row = _training(loop, station)
    setattr(loop, station.value, row)
    loop.save(update_fields=[station.value, "prompts_without_task"])


def _snapshot(loop: LoopRun, station: Station) -> DatasetSnapshot:
    kind, splits = _SNAPSHOTS[station]
    limit = {"limit": loop.prompts_wanted} if station == Station.TO_ANSWER else {}
    return snapshot_create(
        actor=loop.requested_by, project=loop.project, kind=kind, purpose=Purpose.TRAINING,
        filter={"split": splits, **limit},
    )  # fmt: skip


# Candidates to validation prompts too: once ranked, the next reward model is measured on replies like the policy's.
_SNAPSHOTS: dict[Station, tuple[str, list[str]]] = {
    Station.DEMONSTRATIONS: (Kind.DEMONSTRATIONS, SEEN),
    Station.RANKINGS: (Kind.RANKINGS, SEEN),
    Station.PROMPTS: (Kind.PROMPTS, TRAIN),
    Station.TO_ANSWER: (Kind.PROMPTS, SEEN),
}


def _training(loop: LoopRun, station: Station) -> TrainingRun:
    kind = _KINDS[station]
    settings, why = loop.specs.get(kind, {}), ""
    former = previous_reward_model(loop.project) if station != Station.PPO else None  # the turn before's
    if station == Station.SFT:
        settings, why = sft_settings(settings, has_reward_model=former is not None)
    inputs: dict[str, Any] = {
        Station.SFT: lambda: {
            "snapshot": loop.demonstrations_snapshot, "parent_model": loop.base_model,
            "reward_model": former,  # it chooses the epoch
        },
        Station.REWARD: lambda: {
            "snapshot": loop.rankings_snapshot, "demonstrations": loop.demonstrations_snapshot,
            "parent_model": made_by(loop.sft_run), "previous_model": former,
        },
        Station.PPO: lambda: {
            "snapshot": loop.prompts_snapshot, "parent_model": made_by(loop.sft_run),
            "reward_model": made_by(loop.reward_run),
        },
    }[station]()  # fmt: skip
    return training_launch(
        actor=loop.requested_by, project=loop.project, kind=kind, spec=settings, reason=_reason(loop, why), **inputs,
    )  # fmt: skip


_KINDS = {Station.SFT: "sft", Station.REWARD: "reward", Station.PPO: "ppo"}


def _generation(loop: LoopRun, station: Station) -> GenerationRun:
    model = made_by(loop.ppo_run if station == Station.POLICY_CANDIDATES else loop.sft_run)
    assert loop.candidates_snapshot
    spec = {"samples": samples_each(loop.project.candidates_per_task), **loop.specs.get("generate", {})}
    return generation_launch(
        actor=loop.requested_by, project=loop.project, model_version=model, snapshot=loop.candidates_snapshot, spec=spec,
        reason=_reason(loop),
    )  # fmt: skip


def replies_mixed(loop: LoopRun) -> Mixes:
    """What becomes ranking tasks of the policy's and the SFT model's replies. It only reads."""
    assert loop.candidates_snapshot
    assert loop.policy_generation
    assert loop.sft_generation
    return mixes_of(
        snapshot=loop.candidates_snapshot, sources=[(loop.policy_generation, 1), (loop.sft_generation, 1)],
        k=loop.project.candidates_per_task, rules=Rules(),
    )  # fmt: skip


def made_by(run: TrainingRun | None) -> ModelVersion:
    """The model of a station that is done, which `domain.loop.NEEDS` sees to."""
    assert run is not None
    assert run.output_model is not None
    return run.output_model


def _reason(loop: LoopRun, besides: str = "") -> str:
    """`besides` is a sentence that is not cut off."""
    return f"The loop: {loop.reason}"[: REASON_MAX - len(besides)] + besides
