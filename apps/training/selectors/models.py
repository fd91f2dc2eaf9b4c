"""Reads about model versions: what made them, what they come from, what they wrote."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from apps.projects.models import Project
from apps.prompts.models import Completion
from apps.registry.models import GenerationRun, ModelVersion

from ..models import TrainingRun

# Longer than any chain that people make, shorter than for ever.
CHAIN = 50
SHOWN = 50


def models_of(project: Project) -> QuerySet[ModelVersion]:
    """The project's models and the bases that projects share, newest first."""
    rows = ModelVersion.objects.filter(Q(project=project) | Q(project=None))
    return rows.select_related("parent", "made_by").order_by("-id")


def ready_models(project: Project, *roles: str) -> QuerySet[ModelVersion]:
    return models_of(project).filter(state=ModelVersion.State.READY, role__in=roles)


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
    completions: int


def model_story(model: ModelVersion, project: Project) -> ModelStory:
    """`policies` are those that a reward model trained; the chain starts at the oldest ancestor."""
    here = Q(project=project) | Q(project=None)
    return ModelStory(
        model=model,
        run=_maker(model, project),
        chain=_chain(model, project),
        children=list(model.children.filter(here).order_by("id")[:SHOWN]),
        policies=list(
            ModelVersion.objects.filter(here, made_by__reward_model=model)
            .select_related("made_by")
            .order_by("id")[:SHOWN]
        ),
        generations=list(GenerationRun.objects.filter(model_version=model, project=project).order_by("-id")[:SHOWN]),
        completions=completions_by(model, project),
    )


def completions_by(model: ModelVersion, project: Project) -> int:
    return Completion.objects.filter(model_version=model, prompt__project=project).count()


def _maker(model: ModelVersion, project: Project) -> TrainingRun | None:
    """The run that made `model`, unless it is another project's."""
    rows = TrainingRun.objects.select_related("snapshot", "demonstrations", "reward_model__made_by__snapshot")
    return rows.filter(output_model=model, project=project).first()


def _chain(model: ModelVersion, project: Project) -> list[Ancestor]:
    chain: list[Ancestor] = []
    current: ModelVersion | None = model
    while current is not None and len(chain) < CHAIN:
        chain.append(Ancestor(current, _maker(current, project)))
        current = current.parent
    return chain[::-1]


def manifest_rows(manifest: dict[str, Any]) -> list[tuple[str, Any]]:
    """The plain facts of a manifest; what is nested is shown as JSON below them."""
    return [(name, value) for name, value in manifest.items() if isinstance(value, (str, int, float)) and value != ""]
