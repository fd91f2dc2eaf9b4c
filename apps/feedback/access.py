"""The only doors to reports and questions. Their authors come in by `apps.labeling.access.assignment_for`."""

from typing import Any

from apps.core.domain.errors import NotFound
from apps.projects.access import Capability, may
from apps.projects.models import Membership, Project

from .models import Question, Report
from .selectors import questions_of, reports_of


def may_read_all_questions(member: Membership) -> bool:
    """Managers answer, so they read every question; everybody else reads their own."""
    return may(member, Capability.MANAGE)


def report_of(project: Project, uid: Any) -> Report:
    """The report `uid` of a project whose door the caller has passed."""
    found = reports_of(project).filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such report in this project.")
    return found


def question_of(project: Project, uid: Any) -> Question:
    """The question `uid` of a project whose door the caller has passed."""
    found = questions_of(project).filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such question in this project.")
    return found
