"""Files of large snapshots are made by a worker: the row is the request, and is gone once the file is there.

A small snapshot's file is made while its asker waits. Whoever asks for a large one is told to ask again.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.domain.errors import Conflict, DomainError
from apps.core.ring import ring_again, ring_on_commit

from ..models import DatasetSnapshot, SnapshotFile, WantedFile
from .derive import file_found, file_make

logger = logging.getLogger(__name__)
# Of so many records of 2.6 kB, K = 4, a file takes half a second of processor time at most.
SMALL_ROWS = 10_000
STALE = timedelta(seconds=60)
ATTEMPTS_MAX = 5


class BeingMade(Conflict):
    """A worker makes it: ask again in a few seconds."""

    code = "file_being_made"
    retry_seconds = 5


class NotMade(DomainError):
    """It was asked for before, and could not be made. Asking again tries again."""

    status, code = 507, "file_not_made"


def is_small(snapshot: DatasetSnapshot) -> bool:
    return (snapshot.rows or 0) <= SMALL_ROWS


def file_want(*, snapshot: DatasetSnapshot, name: str, again: bool = False) -> SnapshotFile:
    """The snapshot's file of that name; of a small snapshot it is made now.

    Raises BeingMade where a worker has to make it, NotMade with the reason, once, where that went wrong (`again`: it
    is tried again at once); else what `file_make` raises.
    """
    if (found := file_found(snapshot=snapshot, name=name)) is not None:
        return found
    if is_small(snapshot):
        return file_make(snapshot=snapshot, name=name)
    if (error := _last_error(snapshot, name)) and not again:
        raise NotMade(error)
    with transaction.atomic():
        wanted, new = WantedFile.objects.get_or_create(snapshot=snapshot, name=name)
        if new:
            ring_on_commit("datasets.derive", wanted.uid)
    raise BeingMade(f"A worker makes {name} of {snapshot.rows:,} records; ask again in a few seconds.")


def file_build(*, uid: Any) -> bool:
    """Make what the row `uid` asks for. False when it is made, failed, or in another worker's hands."""
    with transaction.atomic():
        wanted = _free(uid)
        if wanted is None:
            return False
        wanted.attempts += 1
        wanted.save(update_fields=["attempts"])
    try:
        with transaction.atomic():  # while it lasts, the row's lock says that somebody is at it
            wanted = _free(uid)
            if wanted is None:
                return False
            file_make(snapshot=wanted.snapshot, name=wanted.name)
            wanted.delete()
    except Exception as error:
        logger.exception("file %s failed", uid)
        text = error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
        WantedFile.objects.filter(uid=uid).update(error=text.replace("\x00", "")[:4000])
    return True


def files_requeue() -> None:
    """Ring again for what still waits; give up on what took too many workers with it."""
    waiting = WantedFile.objects.filter(error="", asked_at__lt=timezone.now() - STALE)
    for uid in waiting.filter(attempts__gte=ATTEMPTS_MAX).values_list("uid", flat=True):
        with transaction.atomic():
            if (wanted := _free(uid)) is not None:
                wanted.error = f"Given up after {ATTEMPTS_MAX} attempts: workers died."
                wanted.save(update_fields=["error"])
    ring_again("datasets.derive", list(waiting.filter(attempts__lt=ATTEMPTS_MAX).values_list("uid", flat=True)))


def _free(uid: Any) -> WantedFile | None:
    """The row, locked, unless somebody has it or it failed."""
    rows = WantedFile.objects.select_for_update(skip_locked=True, of=("self",)).select_related("snapshot__project")
    return rows.filter(uid=uid, error="").first()


def _last_error(snapshot: DatasetSnapshot, name: str) -> str:
    with transaction.atomic():
        failed = WantedFile.objects.select_for_update().filter(snapshot=snapshot, name=name).exclude(error="").first()
        if failed is None:
            return ""
        failed.delete()
        return failed.error
