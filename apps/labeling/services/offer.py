"""What a labeler gets next, by which rules, and the row that holds it for them: a lease or a reservation.

The callers hold the labeler's membership row, so each labeler takes one thing at a time. Then the task row is locked
with SKIP LOCKED, so labelers do not wait for each other. With the lock gone, the CHECK on the slot counter still refuses
every over-assignment.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict
from apps.projects.models import GuidelineAcknowledgement, GuidelineVersion, Membership, Project
from apps.projects.selectors import current_guideline, current_schema

from ..domain.letters import shuffled_order
from ..models import Assignment, Task
from .slots import take_slot

State = Assignment.State
RESERVED_FOR = timedelta(minutes=2)

# Semantics first (architecture.md, "Claiming work"): one's own submitted, skipped or held tasks never
# come back; released and expired ones may. Nobody labels a prompt they wrote.
_NEXT_TASK = """
SELECT t.id FROM labeling_task t
WHERE t.project_id = %(project)s AND t.kind = %(kind)s AND t.purpose = 'production'
  AND t.state = 'open' AND t.open_slots > 0
  AND (%(accepts_sensitive)s OR NOT t.sensitive)
  AND NOT %(member)s = ANY (t.writers)
  AND NOT EXISTS (
    SELECT FROM labeling_assignment a
    WHERE a.membership_id = %(member)s AND a.task_id = t.id
      AND a.state IN ('submitted', 'skipped', 'leased', 'reserved'))
ORDER BY t.priority DESC, t.position
LIMIT 1 FOR NO KEY UPDATE OF t {skip_locked}
"""


def guideline_for_work(member: Membership) -> GuidelineVersion | None:
    """The guideline that work of `member` now falls under.

    Raises Conflict `guideline_unacknowledged` while it is unread, `project_not_active` while no work is handed out.
    """
    if member.project.state != Project.State.ACTIVE:
        state = member.project.get_state_display().lower()
        raise Conflict(
            _("This project is %(state)s: no work is handed out.") % {"state": state}, code="project_not_active"
        )
    guideline = current_guideline(member.project)
    if guideline is not None and guideline.requires_acknowledgement and not _has_read(member, guideline):
        raise Conflict(
            _("Read and acknowledge guideline %(number)d first.") % {"number": guideline.number},
            code="guideline_unacknowledged", number=guideline.number, track=guideline.track,
        )  # fmt: skip
    return guideline


def _has_read(member: Membership, guideline: GuidelineVersion) -> bool:
    return GuidelineAcknowledgement.objects.filter(membership=member, guideline=guideline).exists()


def lease_end(project: Project, now: datetime) -> datetime:
    return now + timedelta(minutes=project.lease_minutes)


def take_own_draft(member: Membership, kind: str, state: str, guideline: GuidelineVersion | None) -> Assignment | None:
    """One's own expired work with a draft on it, if a slot of its task is still free."""
    expired = Assignment.objects.select_for_update(no_key=True, of=("self",)).filter(
        membership=member, state=State.EXPIRED, draft__isnull=False, task__kind=kind, task__state=Task.State.OPEN
    )
    if not member.accepts_sensitive:
        expired = expired.filter(task__sensitive=False)
    for assignment in expired.order_by("-draft_saved_at"):
        if take_slot(assignment.task_id):
            return hold_again(assignment, member, state, guideline)
    return None


def take_next(
    member: Membership, kind: str, state: str, guideline: GuidelineVersion | None, *, skip_locked: bool
) -> Assignment | None:
    """The next open task of `kind`, its slot taken. With `skip_locked`, None may only mean that others are at it."""
    task_id = _next_task(member, kind, skip_locked=skip_locked)
    if task_id is None or not take_slot(task_id):
        return None
    return _hold(member, Task.objects.select_related("prompt").get(pk=task_id), state, guideline)


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


def _hold(member: Membership, task: Task, state: str, guideline: GuidelineVersion | None) -> Assignment:
    """A new assignment of `task`, or the row of an earlier one that was released or ran out."""
    earlier = Assignment.objects.filter(membership=member, task=task).first()
    if earlier is not None:
        earlier.task = task
        return hold_again(earlier, member, state, guideline)
    now = timezone.now()
    return Assignment.objects.create(
        task=task,
        membership=member,
        guideline=guideline,
        schema=current_schema(member.project),
        state=state,
        display_order=shuffled_order(len(task.candidates)),
        lease_expires_at=_held_until(member, state, now),
        seen_at=now,
    )


def hold_again(
    assignment: Assignment, member: Membership, state: str, guideline: GuidelineVersion | None
) -> Assignment:
    """The same row, held again: same shuffled order, same draft, the guideline now in force.

    The schema is the one in force too, unless work on an older one is at hand: a draft, or a room that stands open.
    """
    now = timezone.now()
    if assignment.state != State.LEASED and assignment.draft is None:
        assignment.schema = current_schema(member.project)
    assignment.membership = member
    assignment.state = state
    assignment.lease_expires_at = _held_until(member, state, now)
    assignment.seen_at = now
    assignment.guideline = guideline
    assignment.save(update_fields=["state", "lease_expires_at", "seen_at", "guideline", "schema"])
    return assignment


def _held_until(member: Membership, state: str, now: datetime) -> datetime:
    return now + RESERVED_FOR if state == State.RESERVED else lease_end(member.project, now)
