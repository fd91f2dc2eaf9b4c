"""What is left to do, and what is in hand. Counts stop at a number that says enough, so that a long queue costs no more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from apps.projects.models import Membership, Project
from apps.prompts.models import Prompt

from ..models import Assignment, Judgment, Task

State = Assignment.State
COUNT_AT_MOST = 1_000


@dataclass(frozen=True, slots=True)
class QueueState:
    """`available` now for this member, at most a thousand counted (`more` says that there are others beyond);
    `held_by_others` may come free, the first at `next_free_at`."""

    available: int
    held_by_others: int
    next_free_at: datetime | None
    more: bool = False


def queue_state(member: Membership, kind: str | None = None) -> QueueState:
    """What is left to do for `member`, by the same rules as the claim. What is reserved for them is theirs to take."""
    tasks = Task.objects.filter(
        project=member.project_id, state=Task.State.OPEN, purpose=Task.Purpose.PRODUCTION, required__isnull=False
    )
    if kind is not None:
        tasks = tasks.filter(kind=kind)
    if not member.accepts_sensitive:
        tasks = tasks.filter(sensitive=False)
    tasks = tasks.exclude(writers__contains=[member.pk])
    own = Assignment.objects.filter(membership=member)
    reserved = own.filter(state=State.RESERVED, task__in=tasks).count()
    done_or_held = own.filter(task=OuterRef("pk")).exclude(state__in=[State.RELEASED, State.EXPIRED])
    others = tasks.exclude(Exists(done_or_held))
    available = reserved + _capped(others.filter(open_slots__gt=0))
    leases = _held_in(others)
    return QueueState(
        available=min(available, COUNT_AT_MOST),
        held_by_others=leases["count"],
        next_free_at=leases["first"],
        more=available > COUNT_AT_MOST,
    )


def _capped(rows: QuerySet[Task]) -> int:
    """How many, counting no further than one beyond the most that is told."""
    return rows.order_by().values("pk")[: COUNT_AT_MOST + 1].count()


def _held_in(tasks: QuerySet[Task]) -> dict[str, Any]:
    """The leases and reservations on those of `tasks` that have no slot left. There are never many, so they lead."""
    full = tasks.filter(open_slots=0, pk=OuterRef("task"))
    held = Assignment.objects.filter(Exists(full), state__in=[State.LEASED, State.RESERVED])
    return held.aggregate(count=Count("id"), first=Min("lease_expires_at"))


def held_assignment(member: Membership) -> Assignment | None:
    """The lease `member` holds now, if any."""
    return Assignment.objects.select_related("task").filter(membership=member, state=State.LEASED).first()


@dataclass(frozen=True, slots=True)
class Workload:
    prompts: int
    tasks_open: int
    judgments: int


def workload_of(project: Project) -> Workload:
    """How much there is and how much is done, for those who run a project."""
    return Workload(
        prompts=Prompt.objects.filter(project=project).count(),
        tasks_open=Task.objects.filter(project=project, state=Task.State.OPEN, open_slots__gt=0).count(),
        judgments=Judgment.objects.filter(task__project=project, supersedes=None).count(),
    )
