"""The next task, set aside while the present one is worked on, so that its page can be fetched ahead.

A reservation takes a slot like a lease does, lasts two minutes, and lives on with the signs of life of the lease beside
it. The next claim makes it the lease. Nobody gives it back: it lapses, and the reaper returns its slot.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict
from apps.projects.models import GuidelineVersion, Membership

from ..models import Assignment, Task
from .locks import lock_member
from .offer import RESERVED_FOR, guideline_for_work, hold_again, take_next, take_own_draft
from .slots import return_slot

State = Assignment.State


def task_reserve(*, member: Membership, kind: str, beside: Assignment) -> Assignment | None:
    """The task that `member` gets next, reserved; the one reserved already, its two minutes anew.

    None when `beside` is no longer leased to them, or when no task of `kind` is free this moment. The same rules as the
    claim's, and the same Conflicts.
    """
    guideline = guideline_for_work(member)
    _give_up_unfit(member, kind)
    return _reserve(member, kind, guideline, beside)


@transaction.atomic
def _give_up_unfit(member: Membership, kind: str) -> None:
    """Return what was reserved before the labeler turned to another kind, or stopped to accept sensitive prompts.

    A transaction of its own: one that holds a returned task must not go on to wait for other tasks.
    """
    if (reserved := _own_reservation(member)) is None or _fits(reserved, member, kind):
        return
    lock_member(member.pk)
    if (reserved := _own_reservation(member, lock=True)) is not None and not _fits(reserved, member, kind):
        reserved.state, reserved.lease_expires_at = State.RELEASED, None
        reserved.save(update_fields=["state", "lease_expires_at"])
        return_slot(reserved.task_id)


@transaction.atomic
def _reserve(
    member: Membership, kind: str, guideline: GuidelineVersion | None, beside: Assignment
) -> Assignment | None:
    lock_member(member.pk)
    leased = Assignment.objects.filter(pk=beside.pk, membership=member, state=State.LEASED)
    if not leased.filter(lease_expires_at__gt=timezone.now()).exists():
        return None
    if (reserved := _own_reservation(member, lock=True)) is not None:
        return hold_again(reserved, member, State.RESERVED, guideline) if _fits(reserved, member, kind) else None
    return take_own_draft(member, kind, State.RESERVED, guideline) or take_next(
        member, kind, State.RESERVED, guideline, skip_locked=True
    )


def promote_reserved(member: Membership, kind: str, guideline: GuidelineVersion | None) -> Assignment | None:
    """One's own reservation as a lease, when it is of that kind. The caller holds the membership.

    Against the reaper: whoever locks the row first. Lapsed but not reaped, its slot is still taken, so it counts.
    """
    reserved = _own_reservation(member, lock=True)
    if reserved is None or not _fits(reserved, member, kind):
        return None
    return hold_again(reserved, member, State.LEASED, guideline)


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


def _own_reservation(member: Membership, *, lock: bool = False) -> Assignment | None:
    found = Assignment.objects.select_related("task__prompt", "schema").filter(membership=member, state=State.RESERVED)
    return (found.select_for_update(no_key=True, of=("self",)) if lock else found).first()


def _fits(reserved: Assignment, member: Membership, kind: str) -> bool:
    task = reserved.task
    return task.kind == kind and task.state == Task.State.OPEN and (member.accepts_sensitive or not task.sensitive)
