"""When reports are made again: by the clock for all projects, and for whoever asks where that is quick."""

from datetime import timedelta

from django.utils import timezone

from apps.labeling.models import Judgment
from apps.projects.models import Project

from ..models import AgreementReport
from .agreement import agreement_refresh

# A report that takes no longer is made while somebody waits.
QUICK_SECONDS = 2.0
QUICK_JUDGMENTS = 20_000


def agreement_refresh_all(*, from_nothing: bool = False) -> None:
    """Every project's report; one that took long rests as long, so that half a processor is the most it takes."""
    known = {report.project_id: report for report in AgreementReport.objects.defer("body")}
    for project in Project.objects.order_by("pk"):
        report = known.get(project.pk)
        if report and not from_nothing and report.computed_at + timedelta(seconds=report.seconds) > timezone.now():
            continue
        agreement_refresh(project=project, from_nothing=from_nothing)


def agreement_now(*, project: Project) -> AgreementReport | None:
    """The report for somebody who asks: fresh where that is quick, else the last one. None where there is none yet."""
    known = AgreementReport.objects.filter(project=project).first()
    quick = known.seconds < QUICK_SECONDS if known else _few_judgments(project)
    return (agreement_refresh(project=project) if quick else None) or known


def _few_judgments(project: Project) -> bool:
    judgments = Judgment.objects.filter(task__project=project)
    return not judgments.order_by()[QUICK_JUDGMENTS : QUICK_JUDGMENTS + 1].exists()
