"""Grading demonstrations blind: from 1 to 7, by people who do not see whose they are."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core.domain.errors import Conflict, RuleBroken
from apps.projects.models import Membership

from ..domain.exam import GRADES
from ..models import Attempt, ExamAnswer, Grade


@transaction.atomic
def grade_give(*, actor: Membership, answer: ExamAnswer, value: int) -> Grade:
    """The actor's grade of a demonstration; another value replaces it for as long as nobody has decided."""
    if value not in GRADES:
        raise RuleBroken(_("value: a whole number from 1 to 7."), field="value")
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=answer.attempt_id)
    if attempt.decisions.exists():
        raise Conflict(_("About this applicant it was decided already; the grades stand."), code="already_decided")
    before = Grade.objects.filter(answer=answer, grader=actor).first()
    grade, _new = Grade.objects.update_or_create(answer=answer, grader=actor, defaults={"value": value})
    if before is None or before.value != value:
        # Of the answer, not of the candidate: who reads the trail learns no more than who grades.
        record(
            actor=actor.user, verb="exam.graded", target=actor, demonstration=str(answer.uid),
            before=before.value if before else None, after=value,
        )  # fmt: skip
    return grade
