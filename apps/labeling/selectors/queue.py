"""What is left to do, and what is in hand."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from apps.projects.models import Membership, Project
from apps.prompts.models import Prompt

from ..models import Assignment, Judgment, Task


@dataclass(frozen=True, slots=True)
class QueueState:
    """`available` now for this member; `held_by_others` may come free, the first at `next_free_at`."""

    available: int
    held_by_others: int
    next_free_at: datetime | None


def queue_state(member: Membership, kind: str | None = None) -> QueueState:
    """What is left to do for `member`, by the same rules as the claim."""
    tasks = Task.objects.filter(
        project=member.project_id, state=Task.State.OPEN, purpose=Task.Purpose.PRODUCTION, required__isnull=False
    )
    if kind is not None:
        tasks = tasks.filter(kind=kind)
    if not member.accepts_sensitive:
        tasks = tasks.filter(sensitive=False)
    tasks = tasks.exclude(author=member)
    done_or_held = Assignment.objects.filter(membership=member).exclude(
        state__in=[Assignment.State.RELEASED, Assignment.State.EXPIRED]
    )
    others = tasks.exclude(pk__in=done_or_held.values("task"))
    leases = Assignment.objects.filter(
        task__in=others.filter(open_slots=0), state__in=[Assignment.State.LEASED, Assignment.State.RESERVED]
    ).aggregate(count=Count("id"), first=Min("lease_expires_at"))
    return QueueState(others.filter(open_slots__gt=0).count(), leases["count"], leases["first"])


def held_assignment(member: Membership) -> Assignment | None:
    """The lease `member` holds now, if any."""
    return Assignment.objects.select_related("task").filter(membership=member, state=Assignment.State.LEASED).first()


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
