"""Reads about model versions: what made them, what they come from, what they wrote."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from apps.projects.models import Project
from apps.registry.models import GenerationRun, ModelVersion

from ..models import TrainingRun
from .notes import notes_of
from .use import Use, use_of

# Longer than any chain that people make, shorter than for ever.
CHAIN = 50
SHOWN = 50


def models_of(project: Project) -> QuerySet[ModelVersion]:
    """The project's models and the bases that projects share, newest first."""
    rows = ModelVersion.objects.filter(Q(project=project) | Q(project=None))
    return rows.select_related("parent", "made_by").order_by("-id")


def models_listed(project: Project) -> QuerySet[ModelVersion]:
    """The same for lists, without what only a model's own page shows: manifests and reports are long."""
    rows = models_of(project)
    return rows.defer(
        "manifest", "facts", "parent__manifest", "parent__facts",
        "made_by__spec", "made_by__report", "made_by__log_tail",
    )  # fmt: skip


def ready_models(project: Project, *roles: str) -> QuerySet[ModelVersion]:
    return models_listed(project).filter(state=ModelVersion.State.READY, role__in=roles)


def newest_model(project: Project, role: str) -> ModelVersion | None:
    return ready_models(project, role).first()


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A model of the chain, with the run that made it (none for a base from elsewhere)."""

    model: ModelVersion
    run: TrainingRun | None


@dataclass(frozen=True, slots=True)
class ModelStory:
    """Everything a model's page shows, within one project: a shared base's other projects stay out of sight."""

    model: ModelVersion
    run: TrainingRun | None
    chain: list[Ancestor]
    children: list[ModelVersion]
    policies: list[ModelVersion]
    generations: list[GenerationRun]
    use: Use
    notes: list[str]


def model_story(model: ModelVersion, project: Project) -> ModelStory:
    """`policies` are those that a reward model trained; the chain starts at the oldest ancestor."""
    here = Q(project=project) | Q(project=None)
    run = maker_of(model, project)
    return ModelStory(
        model=model,
        run=run,
        chain=chain_of(model, project),
        children=list(model.children.filter(here).order_by("id")[:SHOWN]),
        policies=list(
            ModelVersion.objects.filter(here, made_by__kind="ppo", made_by__reward_model=model)
            .select_related("made_by")
            .order_by("id")[:SHOWN]
        ),
        generations=list(GenerationRun.objects.filter(model_version=model, project=project).order_by("-id")[:SHOWN]),
        use=use_of(model, project),
        notes=notes_of(model, run),
    )


def maker_of(model: ModelVersion, project: Project) -> TrainingRun | None:
    """The run that made `model`, unless it is another project's."""
    return _makers(project).filter(output_model=model).first()


def _makers(project: Project) -> QuerySet[TrainingRun]:
    return TrainingRun.objects.filter(project=project).select_related(
        "snapshot", "demonstrations", "parent_model", "reward_model__made_by__snapshot"
    )


_CHAIN = """
WITH RECURSIVE line AS (
    SELECT id, parent_id, 1 AS place FROM registry_modelversion WHERE id = %(model)s
    UNION ALL
    SELECT older.id, older.parent_id, place + 1
    FROM line JOIN registry_modelversion older ON older.id = line.parent_id
    WHERE place < %(most)s AND (older.project_id IS NULL OR older.project_id = %(project)s)
)
SELECT id FROM line ORDER BY place DESC
"""


def chain_of(model: ModelVersion, project: Project) -> list[Ancestor]:
    """The oldest first; three queries, however long it is."""
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, {"model": model.pk, "project": project.pk, "most": CHAIN})
        line = [pk for (pk,) in cursor.fetchall()]
    models = ModelVersion.objects.in_bulk(line)
    makers = {
        run.output_model_id: run for run in _makers(project).filter(output_model__in=line).defer("report", "log_tail")
    }
    return [Ancestor(models[pk], makers.get(pk)) for pk in line]


def manifest_rows(manifest: dict[str, Any]) -> list[tuple[str, Any]]:
    """The plain facts of a manifest; what is nested is shown as JSON below them."""
    return [(name, value) for name, value in manifest.items() if isinstance(value, (str, int, float)) and value != ""]
