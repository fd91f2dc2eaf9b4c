"""Launching runs. The row is the request; a worker claims it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.conflicts import conflict_where
from apps.core.domain.canonical import content_hash
from apps.core.domain.errors import Conflict
from apps.core.ring import ring_on_commit
from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.registry.models import GenerationRun, ModelVersion
from apps.registry.run import RunState

from ..domain.specs import GenerateSpec, RewardSpec, SftSpec, parse_spec
from ..models import GenerationInput, TrainingRun
from .bell import GENERATE, TRAIN
from .inputs import (
    hold_ready,
    require_comparisons,
    require_demonstrations,
    require_kind,
    require_name,
    require_reason,
    require_training_inputs,
    require_writer,
)
from .places import with_places

# The role of the model that each kind of run makes.
ROLES = {"pretrain": "base", "sft": "sft", "reward": "reward", "ppo": "policy"}
AnyRun = TypeVar("AnyRun", TrainingRun, GenerationRun)
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


def training_launch(
    *,
    actor: User | None,
    project: Project,
    kind: str,
    spec: Mapping[str, Any],
    snapshot: DatasetSnapshot | None = None,
    demonstrations: DatasetSnapshot | None = None,
    parent_model: ModelVersion | None = None,
    reward_model: ModelVersion | None = None,
    previous_model: ModelVersion | None = None,
    model_name: str = "",
    reason: str = "",
) -> TrainingRun:
    """A queued run, or the unfinished one that was asked the same. `spec` holds what differs from the defaults.

    Raises RuleBroken on a setting out of bounds, an input that is missing, of another project, not ready or of the
    wrong kind, and on too little data where it can be known.
    """
    require_kind(kind)
    inputs: dict[str, Any] = {
        "snapshot": snapshot, "demonstrations": demonstrations,
        "parent_model": parent_model, "reward_model": reward_model, "previous_model": previous_model,
    }  # fmt: skip
    require_training_inputs(project, kind, **inputs)
    parsed = parse_spec(kind, with_places(kind, spec, parent_model=parent_model, reward_model=reward_model))
    name = require_name(model_name or f"{project.slug}-{ROLES[kind]}", "model_name")
    fields: dict[str, Any] = {**inputs, "kind": kind, "spec": parsed.to_json(), "reason": require_reason(reason)}
    sha256 = _spec_sha256(fields["spec"], inputs)
    same = TrainingRun.objects.filter(project=project, spec_sha256=sha256, state__in=UNFINISHED)
    if found := same.first():
        return found
    if isinstance(parsed, RewardSpec) and snapshot:
        require_comparisons(snapshot, parsed.min_comparisons)
    if isinstance(parsed, SftSpec) and snapshot:
        require_demonstrations(snapshot, parsed.select)

    def create() -> TrainingRun:
        hold_ready(parent_model=parent_model, reward_model=reward_model, previous_model=previous_model)
        run = TrainingRun.objects.create(
            project=project, requested_by=actor, spec_sha256=sha256, model_name=name, **fields
        )
        record(actor=actor, verb="training.requested", target=run, kind=kind, reason=reason)
        ring_on_commit(TRAIN, run.uid)
        return run

    return _created_once("training_unfinished_once", create, same.first)


def generation_launch(
    *,
    actor: User | None,
    project: Project,
    model_version: ModelVersion,
    snapshot: DatasetSnapshot,
    spec: Mapping[str, Any],
    reason: str = "",
) -> GenerationRun:
    """A queued run of a model over a snapshot's prompts, or the unfinished one that was asked the same.

    Raises RuleBroken as `training_launch` does.
    """
    require_writer(project, model_version, snapshot)
    parsed = parse_spec("generate", with_places("generate", spec, parent_model=model_version))
    sha256 = _spec_sha256(parsed.to_json(), {"model_version": model_version, "snapshot": snapshot})
    same = GenerationRun.objects.filter(project=project, spec_sha256=sha256, state__in=UNFINISHED)
    if found := same.first():
        return found
    why = require_reason(reason)

    def create() -> GenerationRun:
        hold_ready(model=model_version)
        run = GenerationRun.objects.create(
            project=project, requested_by=actor, spec_sha256=sha256, model_version=model_version, reason=why,
            spec=parsed.to_json(), sampling=_sampling(parsed),
        )  # fmt: skip
        GenerationInput.objects.create(run=run, snapshot=snapshot)
        record(actor=actor, verb="generation.requested", target=run, model=str(model_version.uid), reason=reason)
        ring_on_commit(GENERATE, run.uid)
        return run

    return _created_once("generation_unfinished_once", create, same.first)


def _created_once(constraint: str, create: Callable[[], AnyRun], existing: Callable[[], AnyRun | None]) -> AnyRun:
    """The new row; or, when another request was quicker, that one's."""
    try:
        with transaction.atomic(), conflict_where(constraint, Conflict("It has just been launched.")):
            return create()
    except Conflict:
        found = existing()
        if found is None:  # it has ended since
            raise
        return found


def _spec_sha256(spec: Mapping[str, Any], inputs: Mapping[str, DatasetSnapshot | ModelVersion | None]) -> str:
    """Names what is asked: the settings and the rows it reads. Equal requests have equal names."""
    return content_hash({"spec": spec, "inputs": {name: row and str(row.uid) for name, row in inputs.items()}})


def _sampling(spec: Any) -> dict[str, Any]:
    """What every completion of the run remembers of how it was drawn."""
    assert isinstance(spec, GenerateSpec)
    texts = {"stop": list(spec.stop), "system_prompt": spec.system_prompt}
    return {
        "temperature": spec.temperature, "top_p": spec.top_p, "seed": spec.seed,
        "max_completion_tokens": spec.max_completion_tokens, **{name: text for name, text in texts.items() if text},
    }  # fmt: skip
