"""Reads about training runs, generation runs and turns of the loop."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from apps.datasets.models import DatasetSnapshot
from apps.labeling.models import Task
from apps.projects.models import Project
from apps.prompts.models import Completion
from apps.registry.models import GenerationRun

from ..models import LoopRun, RetrainPolicy, RunMetric, TrainingRun
from .use import tasks_holding


def _long(*, runs: Sequence[str] = (), models: Sequence[str] = ()) -> list[str]:
    """What of these rows only their own pages show: a report is long, and the manifest of the model that was made holds it
    again. A page that shows fifteen turns asks every three seconds."""
    return [f"{one}{name}" for one in runs for name in ("report", "log_tail")] + [
        f"{one}__{name}" for one in models for name in ("manifest", "facts")
    ]


def training_runs_of(project: Project) -> QuerySet[TrainingRun]:
    """The project's training runs for lists, newest first."""
    models = ("parent_model", "reward_model", "previous_model", "output_model")
    rows = TrainingRun.objects.filter(project=project).order_by("-id")
    rows = rows.select_related("snapshot", "demonstrations", *models, "requested_by")
    return rows.defer(*_long(runs=[""], models=models))


def generation_runs_of(project: Project) -> QuerySet[GenerationRun]:
    """The project's generation runs for lists, newest first."""
    rows = GenerationRun.objects.filter(project=project).order_by("-id")
    rows = rows.select_related("model_version", "input__snapshot", "requested_by")
    return rows.defer(*_long(runs=[""], models=["model_version"]))


def newest_runs(project: Project, count: int) -> list[TrainingRun | GenerationRun]:
    """The newest runs of both kinds, newest first."""
    both: list[TrainingRun | GenerationRun] = [
        *training_runs_of(project)[:count],
        *generation_runs_of(project)[:count],
    ]
    return sorted(both, key=lambda run: run.created_at, reverse=True)[:count]


def loops_of(project: Project) -> QuerySet[LoopRun]:
    """The turns of the project's loop, newest first, with everything their stations show."""
    return with_stations(LoopRun.objects.filter(project=project).order_by("-id"))


_SNAPSHOTS = ("demonstrations_snapshot", "rankings_snapshot", "prompts_snapshot", "candidates_snapshot")
_RUNS = ("sft_run", "reward_run", "ppo_run", "sft_generation", "policy_generation")
_MODELS = (
    "base_model", "sft_run__output_model", "reward_run__output_model", "ppo_run__output_model",
    "sft_generation__model_version", "policy_generation__model_version",
)  # fmt: skip


def with_stations(rows: QuerySet[LoopRun]) -> QuerySet[LoopRun]:
    """With everything that the stations show, in one query."""
    rows = rows.select_related("project", "requested_by", *_SNAPSHOTS, *_MODELS)
    return rows.defer(*_long(runs=[f"{run}__" for run in _RUNS], models=_MODELS))


def policy_of(project: Project) -> RetrainPolicy:
    """The project's retrain policy; where none was ever set, one that is off."""
    return policies_of(project).first() or RetrainPolicy(project=project)


def policies_of(project: Project) -> QuerySet[RetrainPolicy]:
    """The one policy of a project, or none."""
    rows = RetrainPolicy.objects.select_related("base_model").filter(project=project)
    return rows.defer(*_long(models=["base_model"]))


def loop_with(run: TrainingRun | GenerationRun) -> LoopRun | None:
    """The turn of the loop that started this run, if one did."""
    if isinstance(run, TrainingRun):
        mine = Q(sft_run=run) | Q(reward_run=run) | Q(ppo_run=run)
    else:
        mine = Q(sft_generation=run) | Q(policy_generation=run)
    return LoopRun.objects.filter(mine).order_by("-id").first()


def ready_snapshots(project: Project, kind: str) -> QuerySet[DatasetSnapshot]:
    """What a run may learn from, or answer: ready, and made for training."""
    return DatasetSnapshot.objects.filter(
        project=project, kind=kind, purpose="training", state=DatasetSnapshot.State.READY
    ).order_by("-id")


def tasks_of(run: GenerationRun) -> QuerySet[Task]:
    """The tasks whose candidates this run wrote, newest first."""
    written = Completion.objects.filter(generation_run=run)
    return tasks_holding(written, run.project).select_related("prompt").order_by("-id")


def seconds_silent(run: Any) -> float | None:
    """How long ago its worker was last heard of, by the database's clock; None while nobody runs it."""
    if run.heartbeat_at is None or run.state != "running":
        return None
    found = type(run).objects.filter(pk=run.pk).values_list(Now() - F("heartbeat_at"), flat=True).first()
    return found.total_seconds() if found else None


def completions_written(run: GenerationRun) -> int:
    return Completion.objects.filter(generation_run=run).count()


def prefill(project: Project, kind: str, uid: str | None) -> dict[str, Any]:
    """What a launch form shows: to start a run again its settings and its inputs, nothing for a run that is not there;
    for a new one the settings that the project's loop has for its program."""
    if uid is None:
        policy = RetrainPolicy.objects.filter(project=project).first()
        return dict(policy.specs.get(kind, {})) if policy else {}
    try:
        wanted = UUID(uid)
    except ValueError:
        return {}
    trained = training_runs_of(project).filter(uid=wanted).first()
    wrote = None if trained else generation_runs_of(project).filter(uid=wanted).first()
    if trained is not None:
        rows = ("snapshot", "demonstrations", "parent_model", "reward_model", "previous_model")
        inputs = {name: row.uid for name in rows if (row := getattr(trained, name)) is not None}
        return {**trained.spec, **inputs, "model_name": trained.model_name}
    if wrote is not None:
        return {**wrote.spec, "model_version": wrote.model_version.uid, "snapshot": wrote.input.snapshot.uid}
    return {}


def metrics_of(run: TrainingRun) -> QuerySet[RunMetric]:
    """The run's numbers in the order in which they came."""
    return RunMetric.objects.filter(run=run).order_by("id")
