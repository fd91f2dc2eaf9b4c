"""Large folders are registered first and hashed by a worker: then their version is ready, or refused."""

from pathlib import Path
from typing import Any

from django.db import transaction

from apps.audit.services import record
from apps.core.ring import ring
from apps.registry.domain.folder import hash_files, look
from apps.registry.domain.weights import BadModel
from apps.registry.models import ModelVersion

from .alone import alone
from .bell import SETTLE
from .places import model_folder

State = ModelVersion.State


def model_settle(*, uid: Any) -> None:
    """Hash the files of a registered version, then say so in a short transaction. A second ring meanwhile does nothing."""
    with alone(SETTLE, uid) as mine:
        model = ModelVersion.objects.filter(uid=uid, state=State.REGISTERED).first() if mine else None
        if model is not None:
            _settle(model, **_read(model))


def _read(model: ModelVersion) -> dict[str, Any]:
    """What its files turned out to be."""
    folder = model_folder(model)
    try:
        if folder is None:
            raise BadModel("it has no folder here.")
        facts, sha256 = settled(folder)
    except (BadModel, OSError) as error:
        return {"state": State.REFUSED, "problem": str(error)}
    return {"state": State.READY, "facts": facts, "artifact_sha256": sha256}


@transaction.atomic
def _settle(model: ModelVersion, **found: Any) -> None:
    rows = ModelVersion.objects.select_for_update(no_key=True)
    held = rows.filter(pk=model.pk, state=State.REGISTERED).first()
    if held is None:
        return
    for name, value in found.items():
        setattr(held, name, value)
    held.save(update_fields=list(found))
    record(actor=None, verb=f"model.{held.state}", target=held, artifact_sha256=held.artifact_sha256)


def models_requeue() -> None:
    """Ring again for every version that waits."""
    for uid in ModelVersion.objects.filter(state=State.REGISTERED).values_list("uid", flat=True):
        ring(SETTLE, uid)


def settled(folder: Path) -> tuple[dict[str, Any], str]:
    """All facts of a folder, with the hash of every file, and the one that names it. Raises BadModel, OSError."""
    facts = look(folder)
    files, sha256 = hash_files(folder)
    return {**facts, "files": files}, sha256
