"""Facts for whoever asks: counted anew where that is quick, else those that were counted last, by the clock."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.projects.models import Project
from apps.quality.services.kept_report import report_refresh
from apps.quality.services.newness import few_judgments

from ..domain.checks import Facts, Known
from ..models import ReadinessReport
from .facts import Gathered, facts_of

# Facts that take no longer are counted at each look: a guideline, a split or a report changes them too.
QUICK_SECONDS = 1.0
QUICK_JUDGMENTS = 20_000
# Those that take longer rest as many times as long, and are counted again where nothing was said after a while.
RESTS = 9
STALE, NO_LONGER = timedelta(minutes=10), timedelta()


@dataclass(frozen=True, slots=True)
class Counted:
    gathered: Gathered
    computed_at: datetime


def facts_now(*, project: Project) -> Counted | None:
    """None where the first count of a large project is still to come."""
    known = ReadinessReport.objects.filter(project=project).first()
    quick = known.seconds < QUICK_SECONDS if known else few_judgments(project, QUICK_JUDGMENTS)
    found = (facts_refresh(project=project, stale=NO_LONGER) if quick else None) or known
    return Counted(_gathered(found.body), found.computed_at) if found else None


def facts_refresh(*, project: Project, stale: timedelta) -> ReadinessReport | None:
    """The last ones where nothing was said since and they are not `stale`. None while another process counts."""
    return report_refresh(ReadinessReport, project, lambda known, mark: asdict(facts_of(project)), stale=stale)


def facts_refresh_all() -> None:
    """Of every project that somebody has asked about, or where they would have to wait."""
    known = {report.project_id: report for report in ReadinessReport.objects.defer("body")}
    for project in Project.objects.order_by("pk"):
        report = known.get(project.pk)
        if report is None and few_judgments(project, QUICK_JUDGMENTS):
            continue
        if report is None or (
            report.seconds >= QUICK_SECONDS
            and report.computed_at + timedelta(seconds=RESTS * report.seconds) <= timezone.now()
        ):
            facts_refresh(project=project, stale=STALE)


def _gathered(body: Mapping[str, Any]) -> Gathered:
    facts = body["facts"]
    agreement = None if facts["agreement"] is None else Known(**facts["agreement"])
    return Gathered(Facts(**{**facts, "agreement": agreement}), list(body["habits"]))
