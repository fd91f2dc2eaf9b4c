"""Keeping the report of a project fresh: when something was said, by the clock, and for whoever asks where it is quick."""

from datetime import timedelta

from django.utils import timezone

from apps.projects.models import Project
from apps.quality.services.kept_report import report_refresh
from apps.quality.services.newness import few_judgments

from ..models import DisagreementReport
from .report import report_body

# A report that takes no longer is made while somebody waits.
QUICK_SECONDS = 2.0
QUICK_JUDGMENTS = 5_000
# Skips, gold and reports come without a judgment.
STALE, STALE_ON_PAGE = timedelta(hours=1), timedelta(minutes=1)
# One that took long rests as many times as long.
RESTS = 9


def disagreement_refresh(*, project: Project, stale: timedelta = timedelta()) -> DisagreementReport | None:
    """The report on `project`: the last one where nothing was said since and it is not `stale`. None while another
    process makes it."""
    return report_refresh(DisagreementReport, project, lambda known, mark: report_body(project), stale=stale)


def disagreement_refresh_all() -> None:
    known = {report.project_id: report for report in DisagreementReport.objects.defer("body")}
    for project in Project.objects.order_by("pk"):
        report = known.get(project.pk)
        if report is None or report.computed_at + timedelta(seconds=RESTS * report.seconds) <= timezone.now():
            disagreement_refresh(project=project, stale=STALE)


def disagreement_now(*, project: Project) -> DisagreementReport | None:
    """For somebody who asks: fresh where that is quick, else the last one. None where there is none yet."""
    known = DisagreementReport.objects.filter(project=project).first()
    quick = known.seconds < QUICK_SECONDS if known else few_judgments(project, QUICK_JUDGMENTS)
    return (disagreement_refresh(project=project, stale=STALE_ON_PAGE) if quick else None) or known
