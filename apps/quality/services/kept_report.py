"""Reports that are kept, one a project: made again when something was said, by one process at a time."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.utils import timezone

from apps.projects.models import Project

from ..domain.mark import Mark
from ..models import KeptReport
from .newness import FAR, alone, mark_now, nothing_since

Report = TypeVar("Report", bound=KeptReport)
# Of what is known, if anything, and how far this look goes.
Make = Callable[[KeptReport | None, Mark], dict[str, Any]]


def report_refresh(
    model: type[Report], project: Project, make: Make, *, stale: timedelta | None = None, anew: bool = False
) -> Report | None:
    """The last one where nothing was said since and it is younger than `stale`, else what `make` makes; `anew` whatever is
    there. None while another process makes it. No transaction is open while it is made."""
    with alone(model._meta.label_lower, project) as mine:
        if not mine:
            return None
        known = model._default_manager.filter(project=project).defer("body").first()
        mark = mark_now(project, known.mark if known else None)
        if known and not anew and _is_young(known, stale) and nothing_since(project, known.mark):
            return _moved(known, mark)
        began = time.monotonic()
        body = make(known, mark)
        report, _ = model._default_manager.update_or_create(
            project=project,
            defaults={
                "body": body, "read_to": mark.read_to, "above": mark.above, "computed_at": timezone.now(),
                "seconds": time.monotonic() - began,
            },
        )  # fmt: skip
        return report


def _is_young(known: KeptReport, stale: timedelta | None) -> bool:
    return stale is None or timezone.now() < known.computed_at + stale


def _moved(known: Report, mark: Mark) -> Report:
    """Nothing was said between the two marks, so the later one says the same."""
    if mark.read_to - known.read_to > FAR:
        known.read_to, known.above = mark.read_to, mark.above
        known.save(update_fields=["read_to", "above"])
    return known
