"""What may still change of a registered model: whether it is in use, and its licence where it was learned later."""

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import Conflict, RuleBroken
from apps.registry.models import GenerationRun, ModelVersion
from apps.registry.run import RunState

from ..models import LoopRun, RetrainPolicy, TrainingRun
from .bases import require_licence

State = ModelVersion.State
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


@transaction.atomic
def model_retire(*, actor: User, model: ModelVersion) -> ModelVersion:
    """No new run may read it; what it made and wrote stays. Again: nothing happens.

    Raises Conflict while something unfinished reads it or the retrain policy starts from it, RuleBroken on a shared
    base or one that is not ready.
    """
    model = _locked(model)
    if model.state == State.RETIRED:
        return model
    if model.state != State.READY:
        raise RuleBroken(f"state: {model} is {model.state}; only a ready one can be retired.", field="state")
    _require_unused(model)
    return _moved(actor, model, State.RETIRED)


@transaction.atomic
def model_restore(*, actor: User, model: ModelVersion) -> ModelVersion:
    """Into use again. A ready one stays as it is."""
    model = _locked(model)
    if model.state == State.READY:
        return model
    if model.state != State.RETIRED:
        raise RuleBroken(f"state: {model} is {model.state}, not retired.", field="state")
    return _moved(actor, model, State.READY)


@transaction.atomic
def model_licence_set(*, actor: User, model: ModelVersion, licence: str) -> ModelVersion:
    """What somebody found out. Models made from it keep what they inherited when they were made."""
    licence, model = require_licence(licence), _locked(model)
    if licence != model.licence:
        record(actor=actor, verb="model.licence", target=model, before=model.licence, after=licence)
        model.licence = licence
        model.save(update_fields=["licence"])
    return model


def _locked(model: ModelVersion) -> ModelVersion:
    if model.project_id is None:
        raise RuleBroken("project: projects share this base, so none of them changes it.", field="project")
    return ModelVersion.objects.select_for_update(no_key=True).get(pk=model.pk)


def _require_unused(model: ModelVersion) -> None:
    running = [
        *TrainingRun.objects.filter(
            Q(parent_model=model) | Q(reward_model=model) | Q(previous_model=model), state__in=UNFINISHED
        )[:1],
        *GenerationRun.objects.filter(state__in=UNFINISHED, model_version=model)[:1],
        *LoopRun.objects.filter(state=LoopRun.State.RUNNING, base_model=model)[:1],
    ]
    if running:
        raise Conflict(
            f"{model} is read by what is not finished: {running[0]}. Wait, or cancel it.", code="model_in_use"
        )
    if RetrainPolicy.objects.filter(base_model=model, enabled=True).exists():
        raise Conflict(
            f"The retrain policy starts each turn from {model}: choose another base there first.", code="model_in_use"
        )


def _moved(actor: User, model: ModelVersion, state: str) -> ModelVersion:
    model.state = state
    model.save(update_fields=["state"])
    record(actor=actor, verb="model.retired" if state == State.RETIRED else "model.restored", target=model)
    return model
