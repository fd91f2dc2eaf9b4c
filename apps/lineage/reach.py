"""Where a judgment or a prompt went: snapshots, the runs that learned from them, the models, and what those wrote."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from apps.datasets.models import DatasetSnapshot, SnapshotItem, SnapshotPart
from apps.labeling.models import Judgment
from apps.projects.models import Project
from apps.registry.models import GenerationRun, ModelVersion
from apps.training.models import TrainingRun

# A way longer than any that people make: judgments, SFT, reward model, policy, and a turn more of each.
STEPS = 8
SHOWN = 100
# Completions are counted no further.
COUNTED = 10_000

# Which runs learned from the snapshots, or from a model that such a run made, and in how many steps.
_RUNS = """
WITH RECURSIVE reached (id, step) AS (
    SELECT id, 1 FROM training_trainingrun
    WHERE project_id = %(project)s AND (snapshot_id = ANY(%(snapshots)s) OR demonstrations_id = ANY(%(snapshots)s))
  UNION
    SELECT later.id, reached.step + 1
    FROM reached
    JOIN training_trainingrun made ON made.id = reached.id
    JOIN training_trainingrun later ON later.project_id = %(project)s
        AND (later.parent_model_id = made.output_model_id OR later.reward_model_id = made.output_model_id)
    WHERE reached.step < %(steps)s
)
SELECT id, min(step) FROM reached GROUP BY id ORDER BY 2, 1 LIMIT %(shown)s
"""
_WRITTEN = """
SELECT run.id, (SELECT count(*) FROM (
    SELECT FROM prompts_completion WHERE generation_run_id = run.id LIMIT %(counted)s
) counted)
FROM unnest(%(runs)s::bigint[]) AS run (id)
"""


@dataclass(frozen=True, slots=True)
class ReachedRun:
    """A training run, and over how many models the judgment came to it (1: it read the snapshot itself)."""

    run: TrainingRun
    step: int


@dataclass(frozen=True, slots=True)
class ReachedGeneration:
    """`more`: it wrote more than were counted."""

    run: GenerationRun
    completions: int
    more: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """`more`: there is more of it than SHOWN."""

    snapshots: list[DatasetSnapshot]
    runs: list[ReachedRun]
    models: list[ModelVersion]
    generations: list[ReachedGeneration]
    more: bool


def reach_of(project: Project, *, judgments: QuerySet[Judgment], prompt: int | None = None) -> Reach:
    """Everything that came of those judgments (and of the prompt by itself). Five queries, whatever there is."""
    snapshots = _snapshots(project, judgments, prompt)
    runs = _runs(project, [snapshot.pk for snapshot in snapshots])
    models = [reached.run.output_model for reached in runs if reached.run.output_model is not None]
    generations = _generations(project, [model.pk for model in models])
    most = max(len(snapshots), len(runs), len(generations))
    return Reach(snapshots[:SHOWN], runs[:SHOWN], models[:SHOWN], generations[:SHOWN], more=most > SHOWN)


def _snapshots(project: Project, judgments: QuerySet[Judgment], prompt: int | None) -> list[DatasetSnapshot]:
    items = SnapshotItem.objects.values("snapshot")
    holding = Q(pk__in=items.filter(judgment__in=judgments.values("pk")))
    # Lines made of several judgments name each as a part.
    holding |= Q(pk__in=SnapshotPart.objects.filter(judgment__in=judgments.values("pk")).values("snapshot"))
    if prompt is not None:  # asked apart, so that each goes by its index
        holding |= Q(pk__in=items.filter(prompt=prompt))
    rows = DatasetSnapshot.objects.filter(holding, project=project)
    return list(rows.order_by("-id")[: SHOWN + 1])


def _runs(project: Project, snapshots: list[int]) -> list[ReachedRun]:
    with connection.cursor() as cursor:
        cursor.execute(
            _RUNS, {"project": project.pk, "snapshots": snapshots, "steps": STEPS, "shown": SHOWN + 1}
        )  # fmt: skip
        steps = dict(cursor.fetchall())
    rows = TrainingRun.objects.filter(pk__in=steps).select_related(
        "snapshot", "demonstrations", "parent_model", "reward_model", "output_model"
    )
    return sorted((ReachedRun(run, steps[run.pk]) for run in rows), key=lambda one: (one.step, one.run.pk))


def _generations(project: Project, models: list[int]) -> list[ReachedGeneration]:
    rows = GenerationRun.objects.filter(project=project, model_version__in=models).select_related("model_version")
    runs = list(rows.order_by("-id")[: SHOWN + 1])
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, {"runs": [run.pk for run in runs], "counted": COUNTED + 1})
        written = dict(cursor.fetchall())
    return [ReachedGeneration(run, min(written[run.pk], COUNTED), written[run.pk] > COUNTED) for run in runs]
