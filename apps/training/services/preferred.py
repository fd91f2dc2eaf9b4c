"""Keeping the count of whose replies people ranked higher fresh: rankings are counted again where something was said."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.projects.models import Project
from apps.quality.domain.mark import Mark
from apps.quality.models import KeptReport
from apps.quality.services.kept_report import report_refresh
from apps.quality.services.newness import few_judgments

from ..domain.preferred import outcomes
from ..models import PreferenceReport
from ..selectors.preferred import Counted, Pair, outcomes_told, preferred_of
from ..selectors.ranked import ranked_replies

# While somebody waits only so much is counted.
QUICK_SECONDS = 0.25
QUICK_JUDGMENTS = 5_000
# A count rests so many times as long as it took: it takes a fifth of a processor at the most.
RESTS = 4


def preferences_refresh(*, project: Project) -> PreferenceReport | None:
    """The count of `project` as it is now: the last one where nothing was said since. None while another process counts."""

    def make(known: KeptReport | None, mark: Mark) -> dict[str, Any]:
        return outcomes_told(outcomes(ranked_replies(project)))

    return report_refresh(PreferenceReport, project, make)


def preferences_refresh_all() -> None:
    """Every project's count, but for those that rest."""
    known = {report.project_id: report for report in PreferenceReport.objects.defer("body")}
    for project in Project.objects.order_by("pk"):
        report = known.get(project.pk)
        if report is None or report.computed_at + timedelta(seconds=RESTS * report.seconds) <= timezone.now():
            preferences_refresh(project=project)


def preferred_now(*, pairs: Iterable[Pair], project: Project) -> Counted | None:
    """For somebody who asks: counted now where that is quick, else as it was last counted. None where it is counted for
    the first time."""
    report = _report_now(project)
    return Counted(preferred_of(pairs, report.body), report.computed_at) if report else None


def _report_now(project: Project) -> PreferenceReport | None:
    known = PreferenceReport.objects.filter(project=project).first()
    quick = known is None or known.seconds < QUICK_SECONDS
    if quick and few_judgments(project, QUICK_JUDGMENTS, known.read_to if known else 0):
        return preferences_refresh(project=project) or known
    return known
