"""Starting an import: read as it arrives, or laid down for a worker."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import Conflict, DomainError, TooLarge
from apps.core.ring import ring_on_commit
from apps.projects.models import Project

from ..domain.columns import columns_for
from ..models import Import
from ..readers import BrokenOff, laid_down
from .batch import ClaimLost
from .ending import imports_end, sentence_of, stored_path
from .pulse import Pulse
from .run import import_run

State = Import.State
GIVEN_UP = "The upload paused for so long that it was given up; send the file again."


class NoRoom(DomainError):
    """The file is well; the disk it was to lie on is not."""

    status, code = 507, "no_room"


def import_here(
    *, actor: User | None, project: Project, chunks: Iterator[bytes], from_disk: bool = False, **fields: Any
) -> Import:
    """Bring a file in before answering. `fields` are format, gzipped, filename, tasks, options and size.

    One that is not `from_disk` is laid down while it arrives: no transaction waits for a network.

    Raises Conflict when it paused for so long that it was given up; what came before stays.
    """
    token = uuid4()
    imported = _import_create(
        actor, project, state=State.RUNNING, claim_token=token, heartbeat_at=timezone.now(), attempts=1, **fields
    )
    mine = Import.objects.filter(pk=imported.pk, claim_token=token, state=State.RUNNING)
    try:
        with nullcontext(chunks) if from_disk else laid_down(Pulse(mine).over(chunks)) as readable:
            return import_run(imported=imported, token=token, chunks=readable)
    except ClaimLost as error:
        raise Conflict(GIVEN_UP, code="upload_given_up") from error
    except OSError as error:
        imports_end(mine, State.FAILED, sentence_of(error))
        raise NoRoom(sentence_of(error)) from error
    except Exception as error:  # of whoever sends; an import that ran has ended itself
        imports_end(mine, State.FAILED, f"{type(error).__name__}: {error}"[:2000])
        raise


def import_spool(
    *, actor: User | None, project: Project, chunks: Iterator[bytes], ring_above: int = -1, **fields: Any
) -> Import:
    """Lay a file down, and ring a worker for it when it has more than `ring_above` bytes.

    Of an upload that is cut off what came is brought in as well: the row's `error` says so from the start.

    Raises TooLarge, and keeps nothing but the failed row, past IMPORT_MAX_BYTES; Conflict when the upload
    paused for so long that it was given up.
    """
    imported = _import_create(actor, project, heartbeat_at=timezone.now(), **fields)
    path, mine = stored_path(imported), Import.objects.filter(pk=imported.pk, state=State.RECEIVING)
    try:
        size, cut = _lay_down(path, Pulse(mine).over(chunks))
        _queue(imported, mine, size, cut, ring=size > ring_above)
    except ClaimLost as error:
        path.unlink(missing_ok=True)
        raise Conflict(GIVEN_UP, code="upload_given_up") from error
    except TooLarge as error:
        imports_end(mine, State.FAILED, error.message)
        raise
    except OSError as error:
        imports_end(mine, State.FAILED, sentence_of(error))
        raise NoRoom(sentence_of(error)) from error
    imported.refresh_from_db()
    return imported


@transaction.atomic
def _queue(imported: Import, mine: QuerySet[Import], size: int, cut: str, *, ring: bool) -> None:
    """The file is there. Raises ClaimLost when the upload was given up meanwhile."""
    if not mine.update(state=State.QUEUED, stored=str(imported.uid), size=size, error=cut):
        raise ClaimLost
    if ring:
        ring_on_commit("imports.run", imported.uid)


@transaction.atomic
def _import_create(actor: User | None, project: Project, **fields: Any) -> Import:
    columns_for(fields["format"], fields.get("options", {}).get("columns"))
    imported = Import.objects.create(project=project, requested_by=actor, **fields)
    record(actor=actor, verb="import.started", target=imported, filename=imported.filename, format=imported.format)
    return imported


def _lay_down(path: Path, chunks: Iterator[bytes]) -> tuple[int, str]:
    """The bytes laid down, and why there are no more of them where the upload was cut off."""
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with path.open("wb") as file:
        try:
            for chunk in chunks:
                size += len(chunk)
                if size > settings.IMPORT_MAX_BYTES:
                    raise TooLarge(f"The file is larger than {settings.IMPORT_MAX_BYTES} bytes; send it in parts.")
                file.write(chunk)
        except BrokenOff as error:
            return size, str(error)
    return size, ""
