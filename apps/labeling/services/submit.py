"""Recording a judgment in one statement: `labeling_submit` (migration 0009) locks, decides and writes.

It locks the membership, then the assignment, keeps the judgment with what it says, ends the assignment, counts it for
the labeler and leaves the audit entry. What was said is checked before, without a lock, against a frozen schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from apps.core import request_id
from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.ids import ordered_uid
from apps.core.prepared import Prepared, Row

from ..domain.submission import Submission, parse_submission
from ..models import Assignment
from ..selectors.forms import form_of
from .bar import barred_conflict
from .reserve import reserved_conflict

_SUBMIT = Prepared(
    "labeling_submit",
    "SELECT reason, judgment, uid, surplus, fresh FROM labeling_submit($1, $2, $3, $4, $5, $6, $7, $8)",
    parameters=8,
)
# The claim only beside a lease that was held: after a late judgment, which may have taken its slot back, it would wait
# for another task while holding that one.
_SUBMIT_AND_CLAIM = Prepared(
    "labeling_submit_and_claim",
    "SELECT done.reason, done.judgment, done.uid, done.surplus, done.fresh,"
    " claim.reason, claim.detail, claim.assignment, desk.*"
    " FROM labeling_submit($1, $2, $3, $4, $5, $6, $7, $8) done"
    " LEFT JOIN LATERAL labeling_claim(CASE WHEN done.in_time THEN $9::bigint END, $10, NULL, false) claim ON true"
    " LEFT JOIN LATERAL labeling_desk(claim.assignment) desk ON true",
    parameters=10,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a body is checked against: the kind of the task, the letters' order, the schema."""

    assignment_id: int
    kind: str
    order: Sequence[int]
    schema_id: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """`new` is False when the same content was there already: a repeated click, a retried request."""

    pk: int
    uid: UUID
    surplus: bool
    new: bool
    submission: Submission


def sheet_of(assignment: Assignment) -> Sheet:
    return Sheet(assignment.pk, assignment.task.kind, assignment.display_order, assignment.schema_id)


def judgment_record(*, sheet: Sheet, body: Any, silence: bool = True) -> Recorded:
    """Check `body` and keep it, once. Raises RuleBroken and Conflict; a state that forbids it goes before a bad body.

    A demonstration's text is the caller's to keep, in the same transaction. `silence`: no events came with it, so that
    the time since the last sign of life may count.
    """
    return _recorded(_SUBMIT, (), sheet, body, silence)[0]


def judgment_record_and_ask(*, sheet: Sheet, body: Any, member_id: int) -> tuple[Recorded, Row]:
    """The same, and what a first try to claim the next task said (for `offer_laid`), in one statement."""
    return _recorded(_SUBMIT_AND_CLAIM, (member_id, sheet.kind), sheet, body, silence=True)


def _recorded(statement: Prepared, more: Row, sheet: Sheet, body: Any, silence: bool) -> tuple[Recorded, Row]:
    """What was recorded, and the columns that `statement`, given `more`, has beyond those of `_SUBMIT`."""
    try:
        submission = parse_submission(sheet.kind, body, order=sheet.order, schema=form_of(sheet.schema_id).schema)
    except RuleBroken:
        _allowed(_SUBMIT.row(*_told(sheet, None, silence)))
        raise
    reason, pk, uid, surplus, new, *further = _allowed(statement.row(*_told(sheet, submission, silence), *more))
    if reason == "form":
        taken_up = Assignment.objects.values_list("schema_id", flat=True).get(pk=sheet.assignment_id)
        return _recorded(statement, more, replace(sheet, schema_id=taken_up), body, silence)
    return Recorded(pk, UUID(str(uid)), surplus, new, submission), tuple(further)


def _told(sheet: Sheet, submission: Submission | None, silence: bool) -> Row:
    said = orjson.dumps(submission.as_json()).decode() if submission else None
    return (
        sheet.assignment_id, said, submission.sha256 if submission else None, sheet.schema_id, silence,
        str(ordered_uid()), str(ordered_uid()), request_id.current(),
    )  # fmt: skip


def _allowed(row: Row) -> Row:
    match row[0]:
        case "skipped":
            raise Conflict(_("You skipped this task; it has gone to someone else."), code="lease_lost")
        case "barred":
            raise barred_conflict()
        case "reserved":
            raise reserved_conflict()
        case "already_submitted":
            raise Conflict(
                _("You have submitted this task already, with other content. Correct it from your history."),
                code="already_submitted", judgment=str(row[2]),
            )  # fmt: skip
    return row
