"""Starting an import: read as it arrives, or laid down for a worker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import TooLarge
from apps.core.ring import ring_on_commit
from apps.projects.models import Project

from ..models import Import
from ..readers import BrokenOff
from .ending import imports_end, stored_path
from .run import import_run

State = Import.State
_TOUCH_EVERY = 64 * 1024 * 1024


def import_here(*, actor: User | None, project: Project, chunks: Iterator[bytes], **fields: Any) -> Import:
    """Bring a file in while it arrives. `fields` are format, gzipped, filename, tasks and size."""
    token = uuid4()
    imported = _import_create(
        actor, project, state=State.RUNNING, claim_token=token, heartbeat_at=timezone.now(), attempts=1, **fields
    )
    return import_run(imported=imported, token=token, chunks=chunks)


def import_spool(
    *, actor: User | None, project: Project, chunks: Iterator[bytes], ring_above: int = -1, **fields: Any
) -> Import:
    """Lay a file down, and ring a worker for it when it has more than `ring_above` bytes.

    Raises TooLarge, and keeps nothing but the failed row, past IMPORT_MAX_BYTES.
    """
    imported = _import_create(actor, project, heartbeat_at=timezone.now(), **fields)
    path = stored_path(imported)
    try:
        size = _lay_down(imported, path, chunks)
    except (BrokenOff, TooLarge, OSError) as error:
        state = State.PARTIAL if isinstance(error, BrokenOff) else State.FAILED
        imports_end(Import.objects.filter(pk=imported.pk), state, str(error))
        if not isinstance(error, BrokenOff):
            raise
        imported.refresh_from_db()
        return imported
    with transaction.atomic():
        Import.objects.filter(pk=imported.pk).update(state=State.QUEUED, stored=path.name, size=size)
        if size > ring_above:
            ring_on_commit("imports.run", imported.uid)
    imported.refresh_from_db()
    return imported


@transaction.atomic
def _import_create(actor: User | None, project: Project, **fields: Any) -> Import:
    imported = Import.objects.create(project=project, requested_by=actor, **fields)
    record(actor=actor, verb="import.started", target=imported, filename=imported.filename, format=imported.format)
    return imported


def _lay_down(imported: Import, path: Path, chunks: Iterator[bytes]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = touched = 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.IMPORT_MAX_BYTES:
                raise TooLarge(f"The file is larger than {settings.IMPORT_MAX_BYTES} bytes; send it in parts.")
            file.write(chunk)
            if size - touched >= _TOUCH_EVERY:
                touched = size
                Import.objects.filter(pk=imported.pk).update(heartbeat_at=timezone.now())
    return size
