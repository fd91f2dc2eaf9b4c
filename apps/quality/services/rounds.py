"""When reports are made again: by the clock for all projects, and for whoever asks where that is quick."""

from datetime import timedelta

from django.utils import timezone

from apps.projects.models import Project

from ..models import AgreementReport, BiasReport
from .agreement import agreement_refresh
from .bias import bias_refresh
from .newness import few_judgments

# A report that takes no longer is made while somebody waits.
QUICK_SECONDS = 2.0
QUICK_JUDGMENTS = 20_000
# The bias reports read every text once: the first time takes longer.
QUICK_TEXTS = 3_000
# Prompts, skills and languages change without a judgment.
STALE, STALE_ON_PAGE = timedelta(hours=1), timedelta(minutes=1)


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
    quick = known.seconds < QUICK_SECONDS if known else few_judgments(project, QUICK_JUDGMENTS)
    return (agreement_refresh(project=project) if quick else None) or known


def bias_refresh_all() -> None:
    """Every project's bias reports; what took long rests four times as long."""
    known = {report.project_id: report for report in BiasReport.objects.defer("body")}
    for project in Project.objects.order_by("pk"):
        report = known.get(project.pk)
        if report is None or report.computed_at + timedelta(seconds=4 * report.seconds) <= timezone.now():
            bias_refresh(project=project, stale=STALE)


def bias_now(*, project: Project) -> BiasReport | None:
    """The same for who asks: fresh where that is quick, else the last one."""
    known = BiasReport.objects.filter(project=project).first()
    quick = known.seconds < QUICK_SECONDS if known else few_judgments(project, QUICK_TEXTS)
    return (bias_refresh(project=project, stale=STALE_ON_PAGE) if quick else None) or known
