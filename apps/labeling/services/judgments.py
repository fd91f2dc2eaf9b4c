"""Submitting and correcting judgments. A labeler's work is never thrown away, and never counted twice."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core.domain.errors import Conflict
from apps.projects.domain.judgment_schema import parse_schema

from ..domain.activity import Batch
from ..domain.newest import is_newest
from ..domain.submission import Submission, parse_submission
from ..models import Assignment, Judgment, Ranking, Ratings, Task
from .activity import count_time
from .demonstrations import demonstration_create
from .locks import lock_assignment
from .submit import judgment_record, sheet_of

State = Assignment.State


@dataclass(frozen=True, slots=True)
class Submitted:
    """`new` is False when the same content was there already: a repeated click, a retried request."""

    judgment: Judgment
    new: bool


def judgment_submit(
    *,
    assignment: Assignment,
    body: Any,
    pasted: int | None = None,
    activity: Batch | None = None,
    revision: int | None = None,
) -> Submitted:
    """Record what the labeler said, once. Raises RuleBroken on a bad body, Conflict on a different second one.

    After the lease ended the slot is taken back if one is free; else the judgment is kept as surplus. `pasted`:
    how many characters of a demonstration the browser saw pasted. `revision`: of the draft that the sender knows;
    where another window has saved since, Conflict `newer_draft` is raised rather than newer work dropped.
    """
    with transaction.atomic():
        locked = lock_assignment(assignment)
        if locked.state in (State.LEASED, State.RELEASED, State.EXPIRED):
            if revision is not None:
                _refuse_older(locked, body, revision)
            if activity is not None:
                count_time(locked, timezone.now(), activity)
                locked.save(update_fields=["seen_at", "active_seconds"])
        recorded = judgment_record(sheet=sheet_of(locked), body=body, silence=activity is None)
        judgment = Judgment.objects.get(pk=recorded.pk)
        if recorded.new and locked.task.kind == Task.Kind.DEMONSTRATE:
            text = recorded.submission.text or ""
            demonstration_create(assignment=locked, judgment=judgment, text=text, pasted=pasted)
    return Submitted(judgment, new=recorded.new)


@transaction.atomic
def judgment_correct(
    *, assignment: Assignment, body: Any, pasted: int | None = None, corrects: str | None = None
) -> Submitted:
    """A full new judgment that supersedes one's own, within the project's window. The old row stays as it is.

    `corrects`: the judgment that the sender looked at; where another has superseded it since, Conflict
    `corrected_meanwhile` is raised.
    """
    locked = lock_assignment(assignment)
    if locked.state != State.SUBMITTED:
        raise Conflict(_("There is no judgment to correct yet: submit first."), code="not_submitted")
    current = current_judgment(locked)
    first = Judgment.objects.get(assignment=locked, supersedes=None)
    minutes = locked.membership.project.correction_minutes
    if timezone.now() - first.submitted_at > timedelta(minutes=minutes):
        raise Conflict(
            _("Judgments can be corrected for %(minutes)d minutes; that time is over.") % {"minutes": minutes},
            code="correction_window_over",
        )
    submission = _parse(locked, body)
    if submission.sha256 == current.content_sha256:
        return Submitted(current, new=False)
    if corrects and corrects != str(current.uid):
        raise Conflict(
            _("You corrected this judgment in another window; that correction stands."),
            code="corrected_meanwhile", judgment=str(current.uid),
        )  # fmt: skip
    judgment = _judgment_create(locked, submission, surplus=current.surplus, supersedes=current, pasted=pasted)
    record(actor=locked.membership.user, verb="judgment.corrected", target=judgment, supersedes=str(current.uid))
    return Submitted(judgment, new=True)


def current_judgment(assignment: Assignment) -> Judgment:
    """The end of the chain: what nothing supersedes."""
    return Judgment.objects.get(assignment=assignment, superseded_by=None)


def _parse(assignment: Assignment, body: Any) -> Submission:
    schema = parse_schema(assignment.schema.body)
    return parse_submission(assignment.task.kind, body, order=assignment.display_order, schema=schema)


def _refuse_older(assignment: Assignment, body: Any, revision: int) -> None:
    now, saved_at = timezone.now(), assignment.draft_saved_at
    newest = is_newest(revision, assignment.draft_revision, saved_at=saved_at, now=now)
    if not newest and assignment.draft not in (None, body):
        raise Conflict(
            _("Another window saved a newer draft of this task, so nothing was submitted."),
            code="newer_draft", revision=assignment.draft_revision,
        )  # fmt: skip


def _judgment_create(
    assignment: Assignment, submission: Submission, *, surplus: bool, pasted: int | None, supersedes: Judgment
) -> Judgment:
    judgment = Judgment.objects.create(
        task=assignment.task,
        assignment=assignment,
        schema=assignment.schema,
        guideline_id=assignment.guideline_id,
        cohort=supersedes.cohort,
        note=submission.note,
        prompt_flags=submission.prompt_flags,
        use_case=submission.use_case,
        surplus=surplus,
        rendering=submission.rendering,
        proposal=submission.proposal,
        active_seconds=assignment.active_seconds,
        content_sha256=submission.sha256,
        supersedes=supersedes,
        submitted_at=timezone.now(),
    )
    if submission.tiers is not None:
        Ranking.objects.create(judgment=judgment, tiers=submission.tiers)
    if submission.ratings is not None:
        Ratings.objects.create(judgment=judgment, values=submission.ratings)
    if submission.text is not None:
        demonstration_create(assignment=assignment, judgment=judgment, text=submission.text, pasted=pasted)
    return judgment
