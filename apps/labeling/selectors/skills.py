"""The skills that open tasks ask for, and how many labelers have them."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Q

from apps.projects.models import Membership, Project

from ..models import Task

# Tasks that are not for everybody have an index of their own; no more of them are looked at.
LOOK_AT_MOST = 2_000


@dataclass(frozen=True, slots=True)
class SkillAsked:
    """`more`: not all tasks were looked at, so that there may be others."""

    skill: str
    tasks: int
    labelers: int
    more: bool


def skills_asked(project: Project) -> list[SkillAsked]:
    """The commonest first. A skill that nobody has keeps its tasks from everybody."""
    set_apart = Q(sensitive=True) | Q(cohort__isnull=False) | ~Q(requires=[])
    open_ones = Task.objects.filter(
        set_apart, project=project, kind__in=Task.Kind.values, state=Task.State.OPEN, open_slots__gt=0
    )
    asked = list(open_ones.values_list("requires", flat=True)[:LOOK_AT_MOST])
    tasks = Counter(skill for skills in asked for skill in skills)
    labelers = Counter(
        skill
        for skills in Membership.objects.filter(
            project=project, status=Membership.Status.ACTIVE,
            role__in=[Membership.Role.LABELER, Membership.Role.ADJUDICATOR],
        ).values_list("skills", flat=True)
        for skill in skills
    )  # fmt: skip
    more = len(asked) == LOOK_AT_MOST
    return [
        SkillAsked(skill, count, labelers[skill], more)
        for skill, count in sorted(tasks.items(), key=lambda item: (-item[1], item[0]))
    ]
