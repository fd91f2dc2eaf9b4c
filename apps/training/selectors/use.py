"""Where a model's replies went: the tasks that hold them, what people said there, and who learned from it."""

from dataclasses import dataclass

from django.db.models import BooleanField, Exists, F, Func, OuterRef, QuerySet

from apps.datasets.models import DatasetSnapshot, SnapshotItem
from apps.labeling.models import Judgment, Task
from apps.projects.models import Project
from apps.prompts.models import Completion
from apps.registry.models import ModelVersion

from ..models import TrainingRun

SHOWN = 20


class _IsOneOf(Func):
    """`value = ANY (array)`."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


@dataclass(frozen=True, slots=True)
class Use:
    """Within one project. `taught` are models of runs that read one of the snapshots."""

    completions: int
    tasks: int
    judgments: int
    snapshots: list[DatasetSnapshot]
    taught: list[ModelVersion]


def use_of(model: ModelVersion, project: Project) -> Use:
    written = Completion.objects.filter(model_version=model, prompt__project=project)
    completions = written.count()
    if not completions:
        return Use(0, 0, 0, [], [])
    tasks = tasks_holding(written, project)
    judgments = Judgment.objects.filter(task__in=tasks)
    items = SnapshotItem.objects.filter(judgment__in=judgments).values("snapshot")
    snapshots = list(DatasetSnapshot.objects.filter(pk__in=items, project=project).order_by("-id")[:SHOWN])
    taught = TrainingRun.objects.filter(snapshot__in=snapshots, output_model__isnull=False).order_by("-id")
    return Use(
        completions=completions,
        tasks=tasks.count(),
        judgments=judgments.filter(superseded_by=None).count(),
        snapshots=snapshots,
        taught=[run.output_model for run in taught.select_related("output_model")[:SHOWN] if run.output_model],
    )


def tasks_holding(written: QuerySet[Completion], project: Project) -> QuerySet[Task]:
    """The project's tasks in which some of these completions are candidates."""
    mine = written.filter(_IsOneOf(F("pk"), OuterRef("candidates")), prompt=OuterRef("prompt"))
    return Task.objects.filter(Exists(mine), project=project, prompt__in=written.values("prompt"))
