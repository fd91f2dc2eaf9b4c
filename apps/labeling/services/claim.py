"""Claiming work: the one piece of concurrency.

The membership row is locked first, so one labeler makes one claim at a time and a second tab gets the
lease the first one made. Then the task row is locked with SKIP LOCKED, so labelers do not wait for each
other. With the lock gone, the CHECK on the slot counter still refuses every over-assignment.
"""

from django.db import connection, transaction
from django.utils import timezone

from apps.core.domain.errors import Conflict
from apps.projects.models import Membership, Project
from apps.projects.selectors import current_guideline, current_schema, unacknowledged_guideline

from ..domain.letters import shuffled_order
from ..models import Assignment, Task
from .leases import lease_end, leases_reap, lock_member
from .slots import return_slot, take_slot

State = Assignment.State

# Semantics first (architecture.md, "Claiming work"): one's own submitted, skipped or held tasks never
# come back; released and expired ones may.
_NEXT_TASK = """
SELECT t.id FROM labeling_task t
WHERE t.project_id = %(project)s AND t.kind = %(kind)s AND t.purpose = 'production'
  AND t.state = 'open' AND t.open_slots > 0
  AND (%(accepts_sensitive)s OR NOT t.sensitive)
  AND t.author_id IS DISTINCT FROM %(member)s
  AND NOT EXISTS (
    SELECT FROM labeling_assignment a
    WHERE a.membership_id = %(member)s AND a.task_id = t.id
      AND a.state IN ('submitted', 'skipped', 'leased', 'reserved'))
ORDER BY t.priority DESC, t.id
LIMIT 1 FOR NO KEY UPDATE OF t {skip_locked}
"""


@transaction.atomic
def assignment_claim(*, member: Membership, kind: str) -> Assignment | None:
    """The lease `member` holds, else a new one on the next task of `kind`, else None: nothing is left.

    Raises Conflict `guideline_unacknowledged` while the guideline in force is unread, `project_not_active`
    while the project is paused or archived.
    """
    if member.project.state != Project.State.ACTIVE:
        raise Conflict(f"This project is {member.project.state}: no work is handed out.", code="project_not_active")
    if (unread := unacknowledged_guideline(member)) is not None:
        raise Conflict(
            f"Read and acknowledge guideline {unread.number} first.",
            code="guideline_unacknowledged", number=unread.number, track=unread.track,
        )  # fmt: skip
    lock_member(member.pk)
    return _resume_held(member) or _resume_own_draft(member, kind) or _lease_next(member, kind)


def _resume_held(member: Membership) -> Assignment | None:
    """The lease already held, its clock wound up; also one that lapsed but nobody reaped."""
    held = (
        Assignment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("task")
        .filter(membership=member, state=State.LEASED)
        .first()
    )
    if held is not None and held.task.sensitive and not member.accepts_sensitive:
        _hand_back(held)  # accepted once, withdrawn since
        return None
    return _renew(held, member) if held else None


def _hand_back(held: Assignment) -> None:
    held.state, held.lease_expires_at = State.RELEASED, None
    held.save(update_fields=["state", "lease_expires_at"])
    return_slot(held.task_id)


def _resume_own_draft(member: Membership, kind: str) -> Assignment | None:
    """One's own expired work with a draft on it, if a slot of its task is still free."""
    expired = Assignment.objects.select_for_update(no_key=True, of=("self",)).filter(
        membership=member, state=State.EXPIRED, draft__isnull=False, task__kind=kind, task__state=Task.State.OPEN
    )
    if not member.accepts_sensitive:
        expired = expired.filter(task__sensitive=False)
    for assignment in expired.order_by("-draft_saved_at"):
        if take_slot(assignment.task_id):
            return _renew(assignment, member)
    return None


def _lease_next(member: Membership, kind: str) -> Assignment | None:
    task_id = _next_task(member, kind, skip_locked=True)
    if task_id is None:
        # SKIP LOCKED passes over rows that others hold for a moment, and lapsed leases still keep slots:
        # before telling someone they are done, return those slots and look again, waiting.
        leases_reap(project=member.project)
        task_id = _next_task(member, kind, skip_locked=False)
    if task_id is None or not take_slot(task_id):
        return None
    return _lease(member, Task.objects.get(pk=task_id))


def _next_task(member: Membership, kind: str, *, skip_locked: bool) -> int | None:
    values: dict[str, int | str | bool] = {
        "project": member.project_id,
        "kind": kind,
        "member": member.pk,
        "accepts_sensitive": member.accepts_sensitive,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_TASK.format(skip_locked="SKIP LOCKED" if skip_locked else ""), values)
        row = cursor.fetchone()
    return row[0] if row else None


def _lease(member: Membership, task: Task) -> Assignment:
    """A new lease on `task`, or the row of an earlier one that was released or ran out."""
    earlier = Assignment.objects.filter(membership=member, task=task).first()
    if earlier is not None:
        return _renew(earlier, member)
    now = timezone.now()
    return Assignment.objects.create(
        task=task,
        membership=member,
        guideline=current_guideline(member.project),
        schema=current_schema(member.project),
        state=State.LEASED,
        display_order=shuffled_order(len(task.candidates)),
        lease_expires_at=lease_end(member.project, now),
        seen_at=now,
    )


def _renew(assignment: Assignment, member: Membership) -> Assignment:
    """The same row, leased again: same shuffled order, same draft, the guideline now in force."""
    now = timezone.now()
    assignment.state = State.LEASED
    assignment.lease_expires_at = lease_end(member.project, now)
    assignment.seen_at = now
    assignment.guideline = current_guideline(member.project)
    assignment.save(update_fields=["state", "lease_expires_at", "seen_at", "guideline"])
    return assignment
