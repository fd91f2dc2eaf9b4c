"""Building a snapshot: claim the row, write its records in one consistent view, make it ready, or say why not."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.audit.services import record
from apps.core.domain.errors import DomainError
from apps.core.ring import ring

from ..domain.derived import records_name
from ..domain.filters import parse_filter
from ..models import DatasetSnapshot, SnapshotFile
from .artifacts import ArtifactWriter, leftovers_remove
from .reading import READERS, ROWS_MAX, snapshot_parts
from .selection import items_insert, require_rows, rows_selected

logger = logging.getLogger(__name__)
State = DatasetSnapshot.State
STALE = timedelta(seconds=60)
ATTEMPTS_MAX = 5
_DISK_FULL = "53100"  # PostgreSQL's


class ClaimLost(Exception):
    """Another worker builds this snapshot."""


def snapshot_build(*, uid: Any, readers: int = READERS, part: int = ROWS_MAX) -> bool:
    """Build it, unless it is built, failed, or in another worker's hands: then nothing happens and it is False.

    Neither the number of `readers` nor that of the rows they read at a time changes a byte of it.
    """
    token = uuid4()
    if not snapshot_claim(uid=uid, token=token):
        return False
    try:
        _build(uid, token, readers, part)
    except ClaimLost:
        return False
    except Exception as error:
        logger.exception("snapshot %s failed", uid)
        _fail(DatasetSnapshot.objects.filter(uid=uid, claim_token=token), error)
    return True


@transaction.atomic
def snapshot_claim(*, uid: Any, token: UUID) -> bool:
    """Take a snapshot that nobody builds. A living builder holds the row's lock, however quiet it is."""
    free = DatasetSnapshot.objects.select_for_update(skip_locked=True, no_key=True).filter(_free(), uid=uid)
    snapshot = free.first()
    if snapshot is None:
        return False
    snapshot.claim_token, snapshot.heartbeat_at = token, timezone.now()
    snapshot.attempts += 1
    snapshot.save(update_fields=["claim_token", "heartbeat_at", "attempts"])
    return True


def snapshots_requeue() -> int:
    """Ring again for every snapshot that waits; give up on those that took too many workers with them."""
    waiting = DatasetSnapshot.objects.filter(_free())
    given_up = waiting.filter(attempts__gte=ATTEMPTS_MAX).values_list("pk", "uid")
    for pk, uid in given_up:
        with transaction.atomic():
            locked = DatasetSnapshot.objects.select_for_update(skip_locked=True, no_key=True).filter(_free(), pk=pk)
            if locked.first():
                _fail(DatasetSnapshot.objects.filter(pk=pk), f"Given up after {ATTEMPTS_MAX} attempts: workers died.")
                leftovers_remove(str(uid))
    uids = list(waiting.exclude(attempts__gte=ATTEMPTS_MAX).values_list("uid", flat=True))
    for uid in uids:
        ring("datasets.build", uid)
    return len(uids)


def _free() -> Q:
    quiet = Q(claim_token=None) | Q(heartbeat_at__lt=timezone.now() - STALE)
    return Q(state=State.BUILDING) & quiet


def _build(uid: Any, token: UUID, readers: int, part: int) -> None:
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:  # a caller's transaction keeps its own rules
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        snapshot = (
            DatasetSnapshot.objects.select_for_update(no_key=True, of=("self",))
            .select_related("project", "requested_by")
            .filter(uid=uid, claim_token=token, state=State.BUILDING)
            .first()
        )
        if snapshot is None:
            raise ClaimLost
        rows = _write_items(snapshot)
        with ArtifactWriter(str(snapshot.uid)) as file:
            # Nobody else sees into a caller's transaction.
            for lines in snapshot_parts(snapshot, readers=0 if nested else readers, rows=part):
                file.write(lines)
        SnapshotFile.objects.create(
            snapshot=snapshot, name=records_name(snapshot.kind), sha256=file.sha256, size=file.size
        )
        snapshot.state, snapshot.sha256, snapshot.rows = State.READY, file.sha256, rows
        snapshot.finished_at = timezone.now()
        snapshot.save(update_fields=["state", "sha256", "rows", "finished_at"])
        record(actor=None, verb="snapshot.ready", target=snapshot, sha256=file.sha256, rows=rows)


def _write_items(snapshot: DatasetSnapshot) -> int:
    chosen = parse_filter(snapshot.kind, snapshot.filter)
    wanted: dict[str, Any] = {
        "project": snapshot.project,
        "kind": snapshot.kind,
        "purpose": snapshot.purpose,
        "chosen": chosen,
    }
    selected = rows_selected(**wanted)
    if chosen.judgments == "raw":
        rows = items_insert(snapshot, selected)
    else:
        from .consensus import consensus_insert  # here: numpy and Arrow take 50 MB, and few snapshots need them

        rows = consensus_insert(snapshot, selected, chosen)
    if not rows:
        require_rows(**wanted)
    return rows


def _fail(snapshots: QuerySet[DatasetSnapshot], error: Exception | str) -> None:
    """The real error, for the page and the API."""
    text = error.message if isinstance(error, DomainError) else error if isinstance(error, str) else _named(error)
    snapshots.filter(state=State.BUILDING).update(
        state=State.FAILED, error=text.replace("\x00", "")[:4000], finished_at=timezone.now()
    )


def _named(error: Exception) -> str:
    if _DISK_FULL in (getattr(one, "pgcode", None) for one in (error, error.__cause__)):
        return (
            "The disk of the database is full, and nothing of the snapshot was kept. Free some space, then ask again."
        )
    return f"{type(error).__name__}: {error}"
