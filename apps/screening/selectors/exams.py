"""A project's exams."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.domain.errors import NotFound
from apps.projects.models import Project

from ..models import Exam


def exams_of(project: Project) -> QuerySet[Exam]:
    """Published, newest first: the first is in force."""
    return Exam.objects.filter(project=project, published_at__isnull=False).order_by("-number")


def exams_and_draft(project: Project) -> QuerySet[Exam]:
    return Exam.objects.filter(project=project)


def draft_of(project: Project) -> Exam | None:
    return Exam.objects.filter(project=project, published_at=None).first()


def exam_numbered(project: Project, number: int) -> Exam:
    """A version or the draft."""
    # What no number of a row can be is none of ours.
    found = Exam.objects.filter(project=project, number=number).first() if number < 2**31 else None
    if found is None:
        raise NotFound(_("There is no exam %(number)d.") % {"number": min(number, 2**31)})
    return found
