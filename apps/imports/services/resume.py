"""A worker's side of an import: claim the row, run the stored file, pick up what a dead worker left."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.ring import ring

from ..models import Import
from ..readers import file_chunks
from .batch import ClaimLost
from .ending import imports_end, stored_path
from .run import import_run

logger = logging.getLogger(__name__)
State = Import.State
# A worker says so every ten seconds while it reads, and after every batch, which takes seconds at most.
STALE = timedelta(seconds=60)
# A request reads as slowly as its sender sends.
STALE_UPLOAD = timedelta(minutes=10)
# In a row, without one batch brought in.
ATTEMPTS_MAX = 5


def import_take(*, uid: Any) -> bool:
    """Claim and run a stored import. False when it is finished, or another process has it: nothing is done."""
    token = uuid4()
    imported = import_claim(uid=uid, token=token)
    if imported is None:
        return False
    try:
        with stored_path(imported).open("rb") as file:
            # One that was cut off on its way says so already, and breaks off here again.
            import_run(imported=imported, token=token, chunks=file_chunks(file, cut=imported.error))
    except FileNotFoundError:
        imports_end(Import.objects.filter(pk=imported.pk, claim_token=token), State.FAILED, "The stored file is gone.")
    except ClaimLost:
        logger.warning("import %s: another worker has it", uid)
        return False
    return True


@transaction.atomic
def import_claim(*, uid: Any, token: UUID) -> Import | None:
    """The import, now ours, when it waits or its worker has gone quiet; else None."""
    claimed = (
        Import.objects.filter(_free(), uid=uid)
        .exclude(stored="")
        .update(state=State.RUNNING, claim_token=token, heartbeat_at=timezone.now(), attempts=F("attempts") + 1)
    )
    return Import.objects.select_related("project").get(uid=uid) if claimed else None


def imports_requeue() -> int:
    """Ring again for stored imports that nobody works on; settle uploads that nobody sends any more."""
    now = timezone.now()
    quiet_uploads = Import.objects.filter(
        state__in=[State.RECEIVING, State.RUNNING], stored="", heartbeat_at__lt=now - STALE_UPLOAD
    )
    imports_end(quiet_uploads, State.PARTIAL, "The upload ended before the file did.")
    waiting = Import.objects.filter(_free()).exclude(stored="")
    imports_end(
        waiting.filter(attempts__gte=ATTEMPTS_MAX),
        State.FAILED,
        f"Given up after {ATTEMPTS_MAX} attempts that got no further.",
    )
    uids = list(waiting.values_list("uid", flat=True))
    for uid in uids:
        ring("imports.run", uid)
    return len(uids)


def _free() -> Q:
    return Q(state=State.QUEUED) | Q(state=State.RUNNING, heartbeat_at__lt=timezone.now() - STALE)
