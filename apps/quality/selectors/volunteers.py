"""What labelers told of themselves: their own answers for themselves, groups for everybody else."""

from collections import Counter
from typing import Any

from apps.projects.models import Membership, Project

from ..domain.bias.coverage import Groups, groups
from ..models import Volunteered, VolunteerQuestions
from .coverage import labelers_of


def questions_of(project: Project) -> list[dict[str, Any]]:
    asked = VolunteerQuestions.objects.filter(project=project).first()
    return asked.questions if asked else []


def answers_of(member: Membership) -> dict[str, str]:
    """`member`'s own, for nobody else."""
    told = Volunteered.objects.filter(membership=member).first()
    return told.answers if told else {}


def groups_of(project: Project) -> list[Groups]:
    """Persons who may judge now, by what they told; small groups are not shown (`domain.bias.coverage`)."""
    questions = questions_of(project)
    told = list(Volunteered.objects.filter(membership__in=labelers_of(project)).values_list("answers", flat=True))
    found = []
    for one in questions:
        given = Counter(answers.get(one["question"], "") for answers in told)
        found.append(groups(one["question"], {answer: given[answer] for answer in one["answers"]}))
    return found
