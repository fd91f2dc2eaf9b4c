"""What a labeler gets next: one statement that asks the database, and what its refusals mean.

The rules are in `labeling_claim` (migration 0009): it locks the labeler's membership, so each takes one thing at a time,
then the task with SKIP LOCKED, so labelers do not wait for each other. A statement is a transaction of its own: whoever
had to return a slot asks again in another one, so nobody waits for a task while holding one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict
from apps.core.prepared import Prepared, Row
from apps.projects.models import Project

from .reaper import leases_reap

RESERVED_FOR = timedelta(minutes=2)

_CLAIM = Prepared(
    "labeling_claim", "SELECT reason, detail, assignment FROM labeling_claim($1, $2, $3, $4)", parameters=4
)
_CLAIM_AND_DESK = Prepared(
    "labeling_claim_and_desk",
    "SELECT claim.reason, claim.detail, claim.assignment, desk.*"
    " FROM labeling_claim($1, $2, NULL, $3) claim LEFT JOIN LATERAL labeling_desk(claim.assignment) desk ON true",
    parameters=3,
)
_DESK = Prepared("labeling_desk", "SELECT * FROM labeling_desk($1)", parameters=1)


@dataclass(frozen=True, slots=True)
class Laid:
    """What lies on a desk, as the database tells it: texts in the order of the letters, JSON as text."""

    uid: UUID
    kind: str
    state: str
    lease_expires_at: datetime | None
    messages: str
    context: str | None
    use_case: str
    texts: list[str]
    schema_id: int
    guideline: int | None
    draft: str | None
    revision: int


def offer(*, member_id: int, project_id: int, kind: str, beside: int | None = None) -> int | None:
    """The id of the assignment that is theirs now (`beside` a lease: reserved), or None: nothing is left."""
    row = _settled(lambda thorough: _CLAIM.row(member_id, kind, beside, thorough), project_id)
    return row[2] if row else None


def offer_laid(*, member_id: int, project_id: int, kind: str, asked: Row | None = None) -> Laid | None:
    """The same with all that lies on the desk, in the one statement that claims. `asked`: what a first try said."""
    row = _settled(lambda thorough: _CLAIM_AND_DESK.row(member_id, kind, thorough), project_id, asked)
    return Laid(*row[3:]) if row else None


def laid(assignment_id: int) -> Laid:
    return Laid(*_DESK.row(assignment_id))


def _settled(ask: Callable[[bool], Row], project_id: int, row: Row | None = None) -> Row | None:
    """The row that holds an assignment; None when nothing is left. Raises Conflict where a rule forbids work."""
    thorough = False
    while True:
        row = row or ask(thorough)
        match row[0]:
            case None:
                return row
            case "nothing":
                return None
            case "again":
                pass
            case "search":
                # SKIP LOCKED passes over rows that others hold for a moment, and lapsed leases still keep slots: before
                # telling someone they are done, return those slots and look again, waiting.
                leases_reap(project_id=project_id)
                thorough = True
            case reason:
                raise _refusal(reason, json.loads(row[1]))
        row = None


def _refusal(reason: str, detail: dict[str, Any]) -> Conflict:
    if reason == "project_not_active":
        state = Project.State(detail["state"]).label.lower()
        return Conflict(_("This project is %(state)s: no work is handed out.") % {"state": state}, code=reason)
    if reason == "quota_reached":
        return _quota_reached(detail)
    return Conflict(
        _("Read and acknowledge guideline %(number)d first.") % detail, code="guideline_unacknowledged", **detail
    )


def _quota_reached(detail: dict[str, Any]) -> Conflict:
    if detail["quota"] == "daily":
        return Conflict(
            _("You have given %(limit)d judgments today, as many as this project takes of one person a day.") % detail,
            code="quota_reached",
            **detail,
        )
    return Conflict(
        _("You have given %(limit)d judgments, as many as this project takes of one person.") % detail,
        code="quota_reached",
        **detail,
    )
