"""What a run may read: checked before it waits for a worker. Each broken rule is a sentence that names its field."""

from typing import Any

from django.db import connection

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import comparisons
from apps.datasets.models import DatasetSnapshot, Purpose
from apps.projects.models import Project
from apps.prompts.models import Split
from apps.registry.models import ModelVersion

from ..models import TrainingRun
from .places import model_folder

Role = ModelVersion.Role
Kind = DatasetSnapshot.Kind
NAME_MAX, REASON_MAX = 120, 300
SNAPSHOTS = {"sft": Kind.DEMONSTRATIONS, "reward": Kind.RANKINGS, "ppo": Kind.PROMPTS}
PARENTS = {
    "sft": (Role.BASE, Role.SFT),
    "reward": (Role.SFT, Role.BASE, Role.POLICY),
    "ppo": (Role.SFT, Role.POLICY),
}
WRITERS = (Role.POLICY, Role.SFT, Role.BASE)
# What `select` of SFT may say that chooses an epoch by the demonstrations to validation prompts.
MEASURED, UNMEASURED = ("reward", "loss"), "no_validation_demonstrations"


def require_kind(kind: str) -> None:
    if kind not in TrainingRun.Kind.values:
        raise RuleBroken(f"kind: {kind!r} is not one of {', '.join(TrainingRun.Kind.values)}.", field="kind")


def require_name(name: str, field: str) -> str:
    return _text(name, field, NAME_MAX)


def require_reason(reason: str) -> str:
    return _text(reason, "reason", REASON_MAX)


def require_training_inputs(
    project: Project,
    kind: str,
    *,
    snapshot: DatasetSnapshot | None,
    demonstrations: DatasetSnapshot | None,
    parent_model: ModelVersion | None,
    reward_model: ModelVersion | None,
    previous_model: ModelVersion | None = None,
) -> None:
    """The rows that a run of this kind reads are there, and no others."""
    _require_or_none(kind, "snapshot", snapshot, wanted=kind in SNAPSHOTS)
    _require_or_none(kind, "parent_model", parent_model, wanted=kind in PARENTS)
    if kind != "sft":  # its epochs are chosen by one where one is given
        _require_or_none(kind, "reward_model", reward_model, wanted=kind == "ppo")
    if demonstrations is not None and kind != "reward":
        raise RuleBroken(f"demonstrations: a {kind} run reads none; a reward run sets its zero on them.",
                         field="demonstrations")  # fmt: skip
    if previous_model is not None and kind != "reward":
        raise RuleBroken(f"previous_model: a {kind} run reads none; a reward run's report compares with it.",
                         field="previous_model")  # fmt: skip
    if snapshot:
        _require_snapshot(project, snapshot, "snapshot", SNAPSHOTS[kind])
        _require_for_training(snapshot, "snapshot")
    if demonstrations:
        _require_snapshot(project, demonstrations, "demonstrations", Kind.DEMONSTRATIONS)
        _require_for_training(demonstrations, "demonstrations")
    if parent_model:
        _require_model(project, parent_model, "parent_model", PARENTS[kind])
        require_files(parent_model, "parent_model")
    if reward_model:
        _require_model(project, reward_model, "reward_model", (Role.REWARD,))
    if previous_model:
        _require_model(project, previous_model, "previous_model", (Role.REWARD,))
        if model_folder(previous_model) is None:
            raise RuleBroken("previous_model: its files are not in this installation.", field="previous_model")


def require_files(model: ModelVersion, field: str) -> None:
    """Nothing can be trained from a model that is only asked."""
    if model.is_asked:
        raise RuleBroken(
            f"{field}: {model} is a server's, which only writes; there are no weights to train.", field=field
        )


def require_writer(project: Project, model: ModelVersion, snapshot: DatasetSnapshot) -> None:
    """A model that writes, and prompts for it. They may be evaluation's: completions train nobody by themselves."""
    _require_model(project, model, "model", WRITERS)
    _require_snapshot(project, snapshot, "snapshot", Kind.PROMPTS)


def hold_ready(**models: ModelVersion | None) -> None:
    """Keep the models that a run names from being retired until the transaction ends. Raises RuleBroken on one that is.

    The locks are shared: only whoever retires waits for them.
    """
    fields = {model.pk: field for field, model in models.items() if model is not None}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, number, state FROM registry_modelversion WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [list(fields)],
        )
        for pk, name, number, state in cursor.fetchall():
            _require_ready(fields[pk], f"{name} {number}", state)


def require_comparisons(snapshot: DatasetSnapshot, wanted: int) -> None:
    """At least `wanted` ordered pairs on training prompts: ties give none. It stops counting when there are enough."""
    tiers = snapshot.items.filter(judgment__task__prompt__split=Split.TRAIN).values_list("judgment__ranking__tiers")
    found = rankings = 0
    for (one,) in tiers.iterator(chunk_size=2_000):
        found, rankings = found + len(comparisons(one)), rankings + 1
        if found >= wanted:
            return
    ties = " All of them are ties, which give none." if rankings and not found else ""
    raise RuleBroken(
        f"snapshot: {rankings} rankings of training prompts give {found} comparisons, and min_comparisons is "
        f"{wanted}.{ties}",
        field="snapshot", code="too_few_comparisons", comparisons=found, min_comparisons=wanted,
    )  # fmt: skip


def require_demonstrations(snapshot: DatasetSnapshot, select: str) -> None:
    """To training prompts; and to validation prompts where `select` asks for an epoch that is measured on them."""
    of_split = {split: snapshot.items.filter(judgment__task__prompt__split=split) for split in Split}
    if not of_split[Split.TRAIN].exists():
        raise RuleBroken(
            "snapshot: none of its demonstrations is to a training prompt.",
            field="snapshot", code="too_few_demonstrations",
        )  # fmt: skip
    if select in MEASURED and not of_split[Split.VALIDATION].exists():
        raise RuleBroken(unmeasured(select, "none of the snapshot's demonstrations"), field="select", code=UNMEASURED)


def unmeasured(select: str, none: str) -> str:
    """The sentence for an epoch that nothing could choose."""
    return (
        f"select: {select} measures each epoch on validation prompts, and {none} is to one. Let some of them be answered, "
        "or choose auto, which then keeps the last epoch."
    )


def _text(text: Any, field: str, longest: int) -> str:
    if not isinstance(text, str) or "\x00" in text:
        raise RuleBroken(f"{field}: a text without NUL characters is expected.", field=field)
    if len(text) > longest:
        raise RuleBroken(f"{field}: at most {longest} characters, got {len(text)}.", field=field)
    return text


def _require_or_none(kind: str, field: str, given: Any, *, wanted: bool) -> None:
    if wanted and given is None:
        raise RuleBroken(f"{field}: a {kind} run needs one.", field=field)
    if given is not None and not wanted:
        raise RuleBroken(f"{field}: a {kind} run reads none.", field=field)


def _require_snapshot(project: Project, snapshot: DatasetSnapshot, field: str, kind: str) -> None:
    if snapshot.project_id != project.pk:
        raise RuleBroken(f"{field}: it is no snapshot of this project.", field=field)
    if snapshot.kind != kind:
        raise RuleBroken(f"{field}: it holds {snapshot.kind}, and {kind} are needed.", field=field)
    if snapshot.state != DatasetSnapshot.State.READY:
        raise RuleBroken(f"{field}: it is {snapshot.state}, not ready.", field=field, code="snapshot_not_ready")


def _require_for_training(snapshot: DatasetSnapshot, field: str) -> None:
    if snapshot.purpose != Purpose.TRAINING:
        raise RuleBroken(f"{field}: it was made for {snapshot.purpose}, so nothing may be trained on it.", field=field)


def _require_model(project: Project, model: ModelVersion, field: str, roles: tuple[str, ...]) -> None:
    if model.project_id not in (None, project.pk):
        raise RuleBroken(f"{field}: it is no model of this project.", field=field)
    if model.role not in roles:
        raise RuleBroken(f"{field}: it is a {model.role} model; {' or '.join(roles)} is needed.", field=field)
    _require_ready(field, str(model), model.state)


def _require_ready(field: str, model: str, state: str) -> None:
    if state != ModelVersion.State.READY:
        raise RuleBroken(f"{field}: {model} is {state}, not ready.", field=field, code="model_not_ready")
