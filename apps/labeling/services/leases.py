"""A lease from its first sign of life to its end: heartbeat, draft, skip, release, expiry."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core.domain.canonical import canonical_json
from apps.core.domain.errors import Conflict, RuleBroken, TooLarge
from apps.projects.models import Project
from apps.prompts.domain.json_value import clean_json

from ..domain.activity import Batch
from ..models import Assignment
from .activity import count_time
from .bar import refuse_barred
from .locks import lock_assignment
from .reaper import leases_reap
from .reserve import refuse_reserved, renew_reservation
from .slots import return_slot

State = Assignment.State
DRAFT_MAX_BYTES = 400_000

__all__ = [
    "assignment_heartbeat", "assignment_release", "assignment_skip", "draft_save", "lease_end", "leases_reap",
]  # fmt: skip


def lease_end(project: Project, now: datetime) -> datetime:
    return now + timedelta(minutes=project.lease_minutes)


@transaction.atomic
def assignment_heartbeat(*, assignment: Assignment, activity: Batch | None = None) -> Assignment:
    """A sign of life: the lease runs anew, and what is reserved beside it. Raises Conflict `lease_lost` after its end."""
    locked, now = lock_assignment(assignment), timezone.now()
    _require_lease(locked, now)
    count_time(locked, now, activity)
    locked.lease_expires_at = lease_end(locked.membership.project, now)
    locked.save(update_fields=["lease_expires_at", "seen_at", "active_seconds"])
    renew_reservation(locked, now)
    return locked


def _require_lease(assignment: Assignment, now: datetime) -> None:
    if assignment.state == State.SUBMITTED:
        raise Conflict(_("You have submitted this task already."), code="already_submitted")
    refuse_barred(assignment)
    refuse_reserved(assignment)
    expired = assignment.lease_expires_at is None or assignment.lease_expires_at <= now
    if assignment.state != State.LEASED or expired:
        raise Conflict(
            _("Your lease on this task has ended. Your draft is kept: claim again to go on with it."), code="lease_lost"
        )


@transaction.atomic
def draft_save(*, assignment: Assignment, draft: Any, revision: Any, activity: Batch | None = None) -> Assignment:
    """Keep a draft that was based on `revision`. Also after the lease ended: work is never thrown away.

    Raises Conflict `stale_draft` when another window saved in between; sending the same draft twice is harmless.
    """
    cleaned = _clean_draft(draft)
    if isinstance(revision, bool) or not isinstance(revision, int):
        raise RuleBroken(_("revision: the number that the last answer gave."), field="revision")
    locked, now = lock_assignment(assignment), timezone.now()
    if locked.state in (State.SUBMITTED, State.SKIPPED):
        raise Conflict(_("This task is submitted or skipped; its draft is closed."), code="already_submitted")
    refuse_barred(locked)
    refuse_reserved(locked)
    if revision != locked.draft_revision:
        if revision == locked.draft_revision - 1 and cleaned == locked.draft:
            return locked
        raise Conflict(
            _("Another window saved a newer draft of this task. Reload to see it."),
            code="stale_draft", revision=locked.draft_revision, draft=locked.draft,
        )  # fmt: skip
    count_time(locked, now, activity)
    locked.draft, locked.draft_revision, locked.draft_saved_at = cleaned, revision + 1, now
    if locked.state == State.LEASED:
        locked.lease_expires_at = lease_end(locked.membership.project, now)
    locked.save(
        update_fields=["draft", "draft_revision", "draft_saved_at", "lease_expires_at", "seen_at", "active_seconds"]
    )
    return locked


def _clean_draft(draft: Any) -> dict[str, Any]:
    if not isinstance(draft, Mapping):
        raise RuleBroken(_("draft: a JSON object."), field="draft")
    cleaned: dict[str, Any] = clean_json(dict(draft), "draft")
    size = len(canonical_json(cleaned))
    if size > DRAFT_MAX_BYTES:
        raise TooLarge(
            _("draft: at most %(most)d bytes; this one has %(size)d.") % {"most": DRAFT_MAX_BYTES, "size": size},
            field="draft",
        )
    return cleaned


@transaction.atomic
def assignment_skip(*, assignment: Assignment, code: str = "", reason: str = "") -> Assignment:
    """Hand the task to someone else for good: it is never offered to this labeler again. `code` says why in a word."""
    if code and code not in Assignment.SkipCode.values:
        raise RuleBroken(_("code: one of %(known)s.") % {"known": ", ".join(Assignment.SkipCode.values)}, field="code")
    return _give_up(assignment, State.SKIPPED, code, reason.replace("\x00", "").strip())


@transaction.atomic
def assignment_release(*, assignment: Assignment) -> Assignment:
    """Put the task back; it may come back to this labeler later, with the draft."""
    return _give_up(assignment, State.RELEASED)


def _give_up(assignment: Assignment, state: str, code: str = "", reason: str = "") -> Assignment:
    locked, now = lock_assignment(assignment), timezone.now()
    if locked.state == state:
        return locked
    _require_lease(locked, now)
    count_time(locked, now, None)
    locked.state, locked.lease_expires_at, locked.skip_code, locked.skip_reason = state, None, code, reason[:500]
    locked.save(update_fields=["state", "lease_expires_at", "skip_code", "skip_reason", "seen_at", "active_seconds"])
    return_slot(locked.task_id)
    said = {"code": code} if code else {}
    record(actor=locked.membership.user, verb=f"assignment.{state}", target=locked, reason=locked.skip_reason, **said)
    return locked
