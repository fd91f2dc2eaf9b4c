"""The only doors to runs, models and turns of the loop. For those who do research: labelers learn nothing of models."""

from collections.abc import Callable
from typing import Any, TypeVar

from apps.core.domain.errors import NotFound
from apps.projects.access import Capability, may, member_for, projects_of
from apps.projects.models import Membership, Project
from apps.registry.models import GenerationRun, ModelVersion

from .models import CandidateSet, LoopRun, TrainingRun
from .selectors.candidates import with_sources
from .selectors.runs import with_stations

Row = TypeVar("Row", TrainingRun, GenerationRun, LoopRun, CandidateSet)


def training_run_for(user: Any, uid: Any) -> TrainingRun:
    rows = TrainingRun.objects.select_related(
        "project", "snapshot", "demonstrations", "parent_model", "reward_model", "previous_model", "output_model",
        "requested_by",
    )  # fmt: skip
    return _of_a_researcher(user, rows.filter(uid=uid).first(), "run")


def generation_run_for(user: Any, uid: Any) -> GenerationRun:
    rows = GenerationRun.objects.select_related("project", "model_version", "input__snapshot", "requested_by")
    return _of_a_researcher(user, rows.filter(uid=uid).first(), "generation run")


def loop_for(user: Any, uid: Any) -> LoopRun:
    return _of_a_researcher(user, with_stations(LoopRun.objects.filter(uid=uid)).first(), "turn of the loop")


def candidate_set_for(user: Any, uid: Any) -> CandidateSet:
    rows = with_sources(CandidateSet.objects.filter(uid=uid))
    return _of_a_researcher(user, rows.first(), "set of candidates")


def model_for(user: Any, uid: Any) -> ModelVersion:
    """A model of one's project; a base that projects share, for whoever does research in any of them."""
    model = ModelVersion.objects.select_related("project", "parent").filter(uid=uid).first()
    if model is None:
        raise NotFound("There is no such model, or it is not yours.")
    if model.project is None:
        _require_any_research(user)
    else:
        _require_research(user, model.project, "model")
    return model


def in_project(member: Membership, uid: Any, door: Callable[[Any, Any], Row]) -> Row:
    """The row `uid` through its door, when it is of the project whose page this is."""
    row = door(member.user, uid)
    if row.project_id != member.project_id:
        raise NotFound("There is nothing of this name in this project.")
    return row


def model_in_project(member: Membership, uid: Any) -> ModelVersion:
    model = model_for(member.user, uid)
    if model.project_id not in (None, member.project_id):
        raise NotFound("There is no such model in this project.")
    return model


def _of_a_researcher(user: Any, row: Row | None, what: str) -> Row:
    if row is None:
        raise NotFound(f"There is no such {what}, or it is not yours.")
    _require_research(user, row.project, what)
    return row


def _require_research(user: Any, project: Project, what: str) -> None:
    """An outsider's answer names no project: the row is simply not there."""
    try:
        member_for(user, project.slug, Capability.RESEARCH)
    except NotFound as error:
        raise NotFound(f"There is no such {what}, or it is not yours.") from error


def _require_any_research(user: Any) -> None:
    if not any(may(member, Capability.RESEARCH) for member in projects_of(user)):
        raise NotFound("There is no such model, or it is not yours.")
