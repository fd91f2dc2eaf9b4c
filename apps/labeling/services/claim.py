"""Claiming work: the one piece of concurrency.

The membership row is locked first, so one labeler makes one claim at a time and a second tab gets the
lease the first one made. `offer` says how the next task is found.
"""

from django.db import transaction

from apps.projects.models import GuidelineVersion, Membership

from ..models import Assignment
from .leases import leases_reap
from .locks import lock_member
from .offer import guideline_for_work, hold_again, take_next, take_own_draft
from .reserve import promote_reserved
from .slots import return_slot

State = Assignment.State


@transaction.atomic
def assignment_claim(*, member: Membership, kind: str) -> Assignment | None:
    """The lease `member` holds, else a new one on the next task of `kind`, else None: nothing is left.

    The task that is reserved for them comes first, then their own expired work with a draft. Raises Conflict
    `guideline_unacknowledged` while the guideline in force is unread, `project_not_active` while the project is
    paused or archived.
    """
    guideline = guideline_for_work(member)
    lock_member(member.pk)
    return (
        _resume_held(member, guideline)
        or promote_reserved(member, kind, guideline)
        or take_own_draft(member, kind, State.LEASED, guideline)
        or _lease_next(member, kind, guideline)
    )


def _resume_held(member: Membership, guideline: GuidelineVersion | None) -> Assignment | None:
    """The lease already held, its clock wound up; also one that lapsed but nobody reaped."""
    held = (
        Assignment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("task__prompt", "schema")
        .filter(membership=member, state=State.LEASED)
        .first()
    )
    if held is not None and held.task.sensitive and not member.accepts_sensitive:
        _hand_back(held)  # accepted once, withdrawn since
        return None
    return hold_again(held, member, State.LEASED, guideline) if held else None


def _hand_back(held: Assignment) -> None:
    held.state, held.lease_expires_at = State.RELEASED, None
    held.save(update_fields=["state", "lease_expires_at"])
    return_slot(held.task_id)


def _lease_next(member: Membership, kind: str, guideline: GuidelineVersion | None) -> Assignment | None:
    taken = take_next(member, kind, State.LEASED, guideline, skip_locked=True)
    if taken is None:
        # SKIP LOCKED passes over rows that others hold for a moment, and lapsed leases still keep slots:
        # before telling someone they are done, return those slots and look again, waiting.
        leases_reap(project=member.project)
        taken = take_next(member, kind, State.LEASED, guideline, skip_locked=False)
    return taken
