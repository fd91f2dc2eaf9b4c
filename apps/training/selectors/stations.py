"""Where the loop stands: its stations in order, what lies at each, and how far the turn in hand has come."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from apps.datasets.domain.filters import SnapshotFilter
from apps.datasets.models import DatasetSnapshot, Purpose
from apps.datasets.services.selection import rows_selected
from apps.labeling.models import Task
from apps.projects.models import Project
from apps.prompts.models import Completion, Split
from apps.registry.models import GenerationRun, ModelVersion

from ..models import LoopRun, TrainingRun
from .comparisons import comparisons_for_training
from .models import newest_model

# A station's state in a turn: from a run's or a snapshot's words to the reader's.
_STATES = {
    "queued": "waiting", "building": "running", "ready": "done", "running": "running", "done": "done",
    "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stock:
    """What a project has to learn from on training prompts, and what waits to be ranked."""

    demonstrations: int
    rankings: int
    comparisons: int
    candidates: int
    open_tasks: int


def stock_of(project: Project) -> Stock:
    return Stock(
        demonstrations=_of_training_prompts(project, DatasetSnapshot.Kind.DEMONSTRATIONS).count(),
        rankings=_of_training_prompts(project, DatasetSnapshot.Kind.RANKINGS).count(),
        comparisons=comparisons_for_training(project),
        candidates=Completion.objects.filter(
            prompt__project=project, origin=Completion.Origin.MODEL, generation_run__isnull=False
        ).count(),
        open_tasks=Task.objects.filter(
            project=project, kind=Task.Kind.RANK, state=Task.State.OPEN, open_slots__gt=0
        ).count(),
    )


def _of_training_prompts(project: Project, kind: str) -> QuerySet[Any]:
    """The judgments that a training snapshot made now would take."""
    return rows_selected(
        project=project, kind=kind, purpose=Purpose.TRAINING, chosen=SnapshotFilter(split=(Split.TRAIN,))
    )


@dataclass(frozen=True, slots=True)
class Station:
    """One station: `amount` of `what` lies there, and `model` is the newest it made.

    `state` is that of the turn in hand (waiting, running, done, failed, cancelled; empty without one), `rows` the
    snapshots and runs that did the work there. `uncounted`: a page keeps the amount that it shows.
    """

    name: str
    amount: int | None = None
    what: str = ""
    model: ModelVersion | None = None
    state: str = ""
    rows: tuple[Any, ...] = ()
    uncounted: bool = False


def stations_of(project: Project, loop: LoopRun | None, *, counted: bool = True) -> list[Station]:
    """The seven stations of the project, with the states of `loop` where there is one.

    Not `counted` for a page that asks every few seconds: counting takes longer the more was judged and written.
    """
    at = {station.name: station for station in stations_in(loop)} if loop else {}
    stock, role = stock_of(project) if counted else Stock(0, 0, 0, 0, 0), ModelVersion.Role
    resting = [
        Station("Demonstrations", stock.demonstrations, "written", uncounted=not counted),
        Station("SFT", what="no model yet", model=newest_model(project, role.SFT)),
        Station("Comparisons", stock.comparisons, f"from {stock.rankings:,} rankings", uncounted=not counted),
        Station("Reward model", what="no model yet", model=newest_model(project, role.REWARD)),
        Station("PPO", what="no model yet", model=newest_model(project, role.POLICY)),
        Station("Candidates", stock.candidates, "written by models", uncounted=not counted),
        Station("Ranking", stock.open_tasks, "tasks open", uncounted=not counted),
    ]
    return [
        replace(station, state=at[station.name].state, rows=_unfinished(at[station.name])) if at else station
        for station in resting
    ]


def stations_in(loop: LoopRun) -> list[Station]:
    """The stations of one turn, with their rows."""
    return [
        _station("Demonstrations", loop, loop.demonstrations_snapshot),
        _station("SFT", loop, loop.sft_run),
        _station("Comparisons", loop, loop.rankings_snapshot),
        _station("Reward model", loop, loop.reward_run),
        _station("PPO", loop, loop.ppo_run, reads=loop.prompts_snapshot),
        _station("Candidates", loop, loop.sft_generation, loop.policy_generation, reads=loop.candidates_snapshot),
        Station(
            "Ranking",
            loop.tasks_created,
            "tasks made",
            state="done" if loop.tasks_created is not None else _unreached(loop),
        ),
    ]


def _station(
    name: str,
    loop: LoopRun,
    *rows: DatasetSnapshot | TrainingRun | GenerationRun | None,
    reads: DatasetSnapshot | None = None,
) -> Station:
    """`reads` is a snapshot that is made long before the station's turn: it counts only where it failed."""
    there = tuple(row for row in (reads, *rows) if row is not None)
    states = [_STATES[row.state] if row is not None else _unreached(loop) for row in rows]
    if reads is not None and reads.state == DatasetSnapshot.State.FAILED:
        states.append("failed")
    made = next((row.output_model for row in there if isinstance(row, TrainingRun)), None)
    return Station(name, model=made, state=_together(states), rows=there)


def _unfinished(station: Station) -> tuple[Any, ...]:
    """What is at work at the station, or broke there."""
    return tuple(row for row in station.rows if _STATES[row.state] != "done")


def _unreached(loop: LoopRun) -> str:
    return "waiting" if loop.state == LoopRun.State.RUNNING else "not reached"


def _together(states: list[str]) -> str:
    """The state of a station that several rows work at: the worst; half done is running."""
    for worst in ("failed", "cancelled", "running"):
        if worst in states:
            return worst
    if "done" in states and "waiting" in states:
        return "running"
    return next((state for state in states if state != "done"), "done")
