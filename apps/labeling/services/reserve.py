"""The next task, set aside while the present one is worked on, so that its page can be fetched ahead.

A reservation takes a slot like a lease does, lasts two minutes, and lives on with the signs of life of the lease beside
it. The next claim makes it the lease. Nobody gives it back: it lapses, and the reaper returns its slot.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict
from apps.projects.models import Membership

from ..models import Assignment, Task
from .claim import assignment_of
from .offer import RESERVED_FOR, offer

State = Assignment.State


def task_reserve(*, member: Membership, kind: str, beside: Assignment) -> Assignment | None:
    """The task that `member` gets next, reserved; the one reserved already, its two minutes anew.

    None when `beside` is no longer leased to them, or when no task of `kind` is free this moment. The same rules as the
    claim's, and the same Conflicts. What was reserved before they turned to another kind, or stopped to accept
    sensitive prompts, is returned.
    """
    found = offer(member_id=member.pk, project_id=member.project_id, kind=kind, beside=beside.pk)
    return assignment_of(member, found) if found else None


def renew_reservation(beside: Assignment, now: datetime) -> None:
    """A sign of life of the lease is one of the reservation beside it."""
    # The kind as a subquery: in a join of ids, a row that the reaper just ended would still be renewed.
    same_kind = Task.objects.filter(kind=beside.task.kind)
    mine = Assignment.objects.filter(membership=beside.membership_id, state=State.RESERVED, task__in=same_kind)
    mine.update(lease_expires_at=now + RESERVED_FOR)


def refuse_reserved(assignment: Assignment) -> None:
    """Raises Conflict `not_leased` on a reservation: nobody works on a task that is not theirs yet."""
    if assignment.state == State.RESERVED:
        raise reserved_conflict()


def reserved_conflict() -> Conflict:
    return Conflict(
        _("This task is set aside for you, but it is not yours yet: go to the work page to take it up."),
        code="not_leased",
    )
