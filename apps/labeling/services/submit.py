"""Recording a judgment in one statement: `labeling_submit` (migration 0009) locks, decides and writes.

It locks the membership, then the assignment, keeps the judgment with what it says, ends the assignment, counts it for
the labeler and leaves the audit entry. What was said is checked before, without a lock, against a frozen schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from apps.core import request_id
from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.ids import ordered_uid

from ..domain.submission import Submission, parse_submission
from ..models import Assignment
from ..selectors.forms import form_of
from .reserve import reserved_conflict

_SUBMIT = "SELECT reason, judgment, uid, surplus, fresh FROM labeling_submit(%s, %s, %s, %s, %s, %s, %s, %s)"


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
    try:
        submission = parse_submission(sheet.kind, body, order=sheet.order, schema=form_of(sheet.schema_id).schema)
    except RuleBroken:
        _statement(sheet, None, silence)
        raise
    reason, pk, uid, surplus, new = _statement(sheet, submission, silence)
    if reason == "form":
        taken_up = Assignment.objects.values_list("schema_id", flat=True).get(pk=sheet.assignment_id)
        return judgment_record(sheet=replace(sheet, schema_id=taken_up), body=body, silence=silence)
    return Recorded(pk, UUID(str(uid)), surplus, new, submission)


def _statement(sheet: Sheet, submission: Submission | None, silence: bool) -> tuple[Any, ...]:
    said = orjson.dumps(submission.as_json()).decode() if submission else None
    values = (
        sheet.assignment_id, said, submission.sha256 if submission else None, sheet.schema_id, silence,
        str(ordered_uid()), str(ordered_uid()), request_id.current(),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SUBMIT, values)
        row: tuple[Any, ...] = cursor.fetchone()
    match row[0]:
        case "skipped":
            raise Conflict(_("You skipped this task; it has gone to someone else."), code="lease_lost")
        case "reserved":
            raise reserved_conflict()
        case "already_submitted":
            raise Conflict(
                _("You have submitted this task already, with other content. Correct it from your history."),
                code="already_submitted", judgment=str(row[2]),
            )  # fmt: skip
    return row
