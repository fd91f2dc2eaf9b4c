"""What labelers tell of themselves, freely: asked by the project, kept as long as they like, counted in groups alone.

The audit knows that questions changed, never what somebody answered or that somebody did.
"""

from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import RuleBroken
from apps.projects.access import ALLOWED, Capability
from apps.projects.models import Membership, Project

from ..domain.volunteers import questions_from, still_offered
from ..models import Volunteered, VolunteerQuestions
from ..selectors.volunteers import questions_of


@transaction.atomic
def questions_set(*, actor: User, project: Project, text: str) -> list[dict[str, Any]]:
    """Ask this and nothing else. Answers to what is not asked any more are forgotten."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    try:
        questions = questions_from(text)
    except ValueError as error:
        raise RuleBroken(f"questions: {error}", field="questions") from None
    before = questions_of(project)
    if questions == before:
        return questions
    VolunteerQuestions.objects.update_or_create(project=project, defaults={"questions": questions})
    for told in Volunteered.objects.filter(membership__project=project).select_for_update(of=("self",)):
        _keep(told.membership, still_offered(told.answers, questions))
    record(actor=actor, verb="project.volunteer_questions", target=project, before=before, after=questions)
    return questions


@transaction.atomic
def answers_give(*, member: Membership, answers: dict[str, str]) -> None:
    """All that `member` tells from now on; what is left empty is not kept."""
    # The questions stay while their answers are written.
    Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    given = {question: answer for question, answer in answers.items() if answer}
    offered = still_offered(given, questions_of(member.project))
    if wrong := sorted(set(given) - set(offered)):
        raise RuleBroken(f"{wrong[0]}: this is not asked, or that answer is not offered.", field="answers")
    _keep(member, offered)


def answers_withdraw(*, member: Membership) -> None:
    Volunteered.objects.filter(membership=member).delete()


def answers_forget_gone() -> None:
    """What somebody told who may not judge any more: they cannot open the page on which they would withdraw it."""
    Volunteered.objects.exclude(
        membership__status=Membership.Status.ACTIVE, membership__role__in=ALLOWED[Capability.LABEL]
    ).delete()


def _keep(member: Membership, answers: dict[str, str]) -> None:
    if answers:
        Volunteered.objects.update_or_create(membership=member, defaults={"answers": answers})
    else:
        answers_withdraw(member=member)
