"""Active time: from the events that the room tells, else from signs of life."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from ..domain.activity import IDLE_AFTER, Batch, Event, active_milliseconds
from ..models import ActivityBatch, Assignment
from .locks import lock_assignment

_IDLE_AFTER = timedelta(milliseconds=IDLE_AFTER)
# Older than this no batch reaches back: what was done before the lease at hand is not its work.
_LONGEST_WINDOW = timedelta(hours=1)


@transaction.atomic
def activity_note(*, assignment: Assignment, sent: Batch) -> Assignment:
    """Keep a batch of events by itself, where nothing else is written with it. Also after the lease ended."""
    locked, now = lock_assignment(assignment), timezone.now()
    if locked.state != Assignment.State.SUBMITTED:
        count_time(locked, now, sent)
        locked.save(update_fields=["seen_at", "active_seconds"])
    return locked


def count_time(locked: Assignment, now: datetime, sent: Batch | None) -> None:
    """Add the work since the last time to `locked`, which the caller saves.

    Without a batch the sign of life itself counts, as long as no events were told of this assignment. A batch that came
    before (a repeated delivery) adds nothing, and neither does an empty one: it says that this client counts by events
    and that there are none to tell.
    """
    if sent is None:
        if not ActivityBatch.objects.filter(assignment=locked).exists():
            locked.active_seconds += _since_last_sign(locked, now)
    elif sent.events:
        locked.active_seconds += _from_events(locked, now, sent)
    locked.seen_at = now


def _since_last_sign(locked: Assignment, now: datetime) -> int:
    silence = now - locked.seen_at
    return round(silence.total_seconds()) if timedelta(0) < silence <= _IDLE_AFTER else 0


def _from_events(locked: Assignment, now: datetime, sent: Batch) -> int:
    """The seconds that a new batch adds. The locked assignment makes looking first and writing then safe."""
    batches = ActivityBatch.objects.filter(assignment=locked)
    if batches.filter(page=sent.page, number=sent.number).exists():
        return 0
    since, seen = _last_known(locked, batches.order_by("-received_at", "-id").first())
    ActivityBatch.objects.create(
        assignment=locked,
        page=sent.page,
        number=sent.number,
        events=[event.as_sent() for event in sent.events],
        received_at=now,
    )
    window = min(now - since, _LONGEST_WINDOW).total_seconds() * 1000
    return round(active_milliseconds(sent.events, since=window, seen=seen) / 1000)


def _last_known(locked: Assignment, previous: ActivityBatch | None) -> tuple[datetime, bool]:
    """Up to when time is counted already, and whether the tab was in sight then.

    A batch counts up to its last event; so the next one may count from there, and two tabs never count a minute twice.
    """
    if previous is None:
        return locked.seen_at, False
    events = [Event(*event) for event in previous.events]
    last = min(events, key=lambda event: event.age)
    age = timedelta(milliseconds=min(max(0.0, last.age), 86_400_000))
    return previous.received_at - age, last.kind != "hidden"
