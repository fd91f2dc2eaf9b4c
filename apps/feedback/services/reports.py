"""Reporting a candidate or a prompt, and closing a report."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import Conflict, RuleBroken
from apps.labeling.domain.letters import letters_of
from apps.labeling.models import Assignment

from ..models import Report
from .words import clean_words

PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class Reported:
    """`new` is False when this member had said so before: the first report stands."""

    report: Report
    new: bool


@transaction.atomic
def report_create(*, assignment: Assignment, subject: Any, category: Any, text: Any = "") -> Reported:
    """Report what `subject` names: "prompt", or a candidate by its letter on this labeler's desk.

    Raises RuleBroken on a letter that the task does not have, and on an unknown category.
    """
    completion_id = _completion_of(assignment, subject)
    if category not in Report.Category.values:
        known = ", ".join(Report.Category.values)
        raise RuleBroken(_("category: one of %(known)s.") % {"known": known}, field="category")
    words = clean_words(text, "text", required=category == Report.Category.OTHER)
    report, new = Report.objects.get_or_create(
        member=assignment.membership,
        prompt=assignment.task.prompt,
        completion_id=completion_id,  # type: ignore[misc]  # the stubs forbid what Django reads as IS NULL
        category=category,
        defaults={"project_id": assignment.task.project_id, "task": assignment.task, "text": words},
    )
    if new:
        record(actor=assignment.membership.user, verb="report.created", target=report, category=category)
    return Reported(report, new)


def _completion_of(assignment: Assignment, subject: Any) -> int | None:
    """The completion that this labeler sees under a letter; None for the prompt."""
    if subject == PROMPT:
        return None
    letters = letters_of(assignment.display_order)
    if not isinstance(subject, str) or len(subject) != 1 or subject not in letters:
        known = ", ".join([PROMPT, *letters])
        raise RuleBroken(
            _("subject: this task has no candidate of that name; it has %(known)s.") % {"known": known},
            field="subject", code="unknown_candidate",
        )  # fmt: skip
    position = assignment.display_order[letters.index(subject)]
    return assignment.task.candidates[position]


def letter_of(report: Report, assignment: Assignment) -> str:
    """What the labeler named: "prompt" or a letter of theirs. The inverse of the reading above."""
    if report.completion_id is None:
        return PROMPT
    position = assignment.task.candidates.index(report.completion_id)
    return letters_of(assignment.display_order)[assignment.display_order.index(position)]


@transaction.atomic
def report_close(*, actor: User, report: Report, resolution: Any = "") -> Report:
    """Say that a report is dealt with, and how. Saying the same twice is harmless; something else is a Conflict."""
    words = clean_words(resolution, "resolution", required=False)
    locked = Report.objects.select_for_update(no_key=True).get(pk=report.pk)
    if locked.state == Report.State.CLOSED:
        if locked.resolution == words:
            return locked
        raise Conflict(
            _("Somebody has closed this report already."), code="already_closed", resolution=locked.resolution
        )
    locked.state, locked.resolution = Report.State.CLOSED, words
    locked.resolved_by, locked.resolved_at = actor, timezone.now()
    locked.save(update_fields=["state", "resolution", "resolved_by", "resolved_at"])
    record(actor=actor, verb="report.closed", target=locked, resolution=words)
    return locked
