"""What a turn of the loop needs before it may start. Each thing that is missing is a sentence."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q

from apps.core.domain.errors import RuleBroken
from apps.datasets.domain.filters import SnapshotFilter
from apps.datasets.models import DatasetSnapshot, Purpose
from apps.datasets.services.selection import rows_selected
from apps.projects.models import Project
from apps.prompts.models import Split
from apps.registry.models import HAS_WEIGHTS, ModelVersion
from apps.registry.run import RunState

from ..domain.specs import REWARD, RewardSpec, Spec, parse_spec
from ..models import TrainingRun
from ..selectors.comparisons import comparisons_for_training
from .inputs import MEASURED, UNMEASURED, require_files, unmeasured
from .places import with_places

PROGRAMS = ("sft", "reward", "ppo", "generate")


def parse_specs(specs: Any) -> dict[str, Spec]:
    """The settings of each of the loop's programs. Raises RuleBroken that names the program and the setting."""
    if not isinstance(specs, Mapping):
        raise RuleBroken("specs: an object of settings by program is expected.", field="specs")
    for name in specs:
        if name not in PROGRAMS:
            raise RuleBroken(
                f"specs: {name!r} is no program of the loop; those are {', '.join(PROGRAMS)}.", field="specs"
            )
    return {program: _parsed(program, specs.get(program, {})) for program in PROGRAMS}


def _parsed(program: str, spec: Any) -> Spec:
    """As with every model that a turn may have: before the first turn there is no reward model to choose SFT's epoch."""
    try:
        given = with_places(program, spec)
        return parse_spec(program, {**given, "reward": REWARD} if program == "sft" else given)
    except RuleBroken as broken:
        raise RuleBroken(
            f"specs.{program}.{broken.message}", field=f"specs.{program}.{broken.field}", code=broken.code
        ) from broken


def require_base(project: Project, wanted: ModelVersion | None) -> ModelVersion:
    """The base that a turn starts from: the one asked for, else the newest that is ready, the project's own first."""
    if wanted is not None:
        return _checked(project, wanted)
    ready = ModelVersion.objects.filter(
        Q(project=project) | Q(project=None), HAS_WEIGHTS, role=ModelVersion.Role.BASE, state=ModelVersion.State.READY
    )
    newest = ready.order_by(F("project").asc(nulls_last=True), "-id").first()
    if newest is not None:
        return newest
    being_made = TrainingRun.objects.filter(
        project=project, kind=TrainingRun.Kind.PRETRAIN, state__in=[RunState.QUEUED, RunState.RUNNING]
    ).first()
    if being_made is not None:
        raise RuleBroken(
            f"base_model: the base is still being made: its pretraining {_stands(being_made)}. Start again when it is done.",
            field="base_model", code="base_being_made", run=str(being_made.uid),
        )  # fmt: skip
    raise RuleBroken(
        "base_model: there is no base model to start from. Register one of a hub or a folder, or pretrain a tiny one.",
        field="base_model", code="no_base_model",
    )  # fmt: skip


def _stands(run: TrainingRun) -> str:
    return "waits for a worker" if run.state == RunState.QUEUED else "is at work"


def _checked(project: Project, base: ModelVersion) -> ModelVersion:
    if base.project_id not in (None, project.pk):
        raise RuleBroken("base_model: it is no model of this project.", field="base_model")
    if base.role != ModelVersion.Role.BASE:
        raise RuleBroken(f"base_model: {base} is a {base.role} model, and a base is needed.", field="base_model")
    require_files(base, "base_model")
    if base.state != ModelVersion.State.READY:
        raise RuleBroken(f"base_model: {base} is {base.state}, not ready.", field="base_model", code="model_not_ready")
    return base


def require_demonstrations(project: Project, select: str) -> None:
    """To training prompts; and to validation prompts where `select` asks for an epoch that is measured on them."""
    if not _is_written(project, Split.TRAIN):
        raise RuleBroken(
            "demonstrations: there is none to a training prompt yet, and the SFT model learns from them.",
            field="demonstrations", code="too_few_demonstrations",
        )  # fmt: skip
    if select in MEASURED and not _is_written(project, Split.VALIDATION):
        raise RuleBroken(
            f"specs.sft.{unmeasured(select, 'no demonstration')}", field="specs.sft.select", code=UNMEASURED
        )


def _is_written(project: Project, split: Split) -> bool:
    """Whether a demonstration that may be trained on is to a prompt of this split."""
    written = rows_selected(
        project=project, kind=DatasetSnapshot.Kind.DEMONSTRATIONS, purpose=Purpose.TRAINING,
        chosen=SnapshotFilter(split=(split,)),
    )  # fmt: skip
    return written.exists()


def require_comparisons(project: Project, spec: RewardSpec) -> int:
    """How many there are, which is at least what the reward run asks for."""
    found = comparisons_for_training(project)
    if found < spec.min_comparisons:
        raise RuleBroken(
            f"comparisons: the rankings of training prompts give {found} ordered pairs (ties give none), and the reward "
            f"run asks for {spec.min_comparisons} (its setting min_comparisons).",
            field="comparisons", code="too_few_comparisons", comparisons=found, min_comparisons=spec.min_comparisons,
        )  # fmt: skip
    return found
