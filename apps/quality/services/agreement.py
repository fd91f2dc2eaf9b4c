"""Keeping a project's report on agreement fresh: what is new is added to what is kept, and the report made from that."""

import time
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.projects.models import Project

from ..domain.kept import Kept, refreshed, rows_of
from ..domain.table import HELD_OUT, TRAINING, Ints, Judgments
from ..models import AgreementReport
from ..selectors.rankings import Rankings, rankings_after
from .report import report_body
from .store import kept_forget, kept_load, kept_store

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('quality.agreement'), %s)"
# A transaction may commit a judgment after another with a higher id; none goes on for longer than this.
_READ_TO = """
SELECT coalesce(min(id) FILTER (WHERE submitted_at >= statement_timestamp() - interval '10 minutes') - 1, max(id), %(known)s)
FROM labeling_judgment WHERE id > %(known)s
"""
_ABOVE = """
SELECT count(*) FROM labeling_judgment judgment JOIN labeling_task task ON task.id = judgment.task_id
WHERE judgment.id > %s AND task.project_id = %s
"""


@transaction.atomic
def agreement_refresh(*, project: Project, from_nothing: bool = False) -> AgreementReport | None:
    """The report on `project` as it is now: the last one where nothing new was said since. None while another process
    makes it. `from_nothing` reads everything again, whatever is kept."""
    if not _one(_LOCK, [project.pk % 2**31]):
        return None
    known = AgreementReport.objects.filter(project=project).first()
    if known and not from_nothing and _one(_ABOVE, [known.read_to, project.pk]) == known.above:
        return known
    began = time.monotonic()
    if from_nothing or known is None:
        kept_forget(project)
    # Before anything is read: whatever comes meanwhile is above it.
    read_to = _one(_READ_TO, {"known": known.read_to if known else 0})
    above = _one(_ABOVE, [read_to, project.pk])
    kept, use_cases = _kept_now(project, read_to)
    report, _ = AgreementReport.objects.update_or_create(
        project=project,
        defaults={
            "body": report_body(project, kept, use_cases), "read_to": read_to, "above": above,
            "computed_at": timezone.now(), "seconds": time.monotonic() - began,
        },
    )  # fmt: skip
    return report


def _kept_now(project: Project, read_to: int) -> tuple[Kept, list[str]]:
    kept, use_cases = kept_load(project)
    seen = rankings_after(project, kept.read_to)
    use_cases += sorted(set(seen.use_case) - set(use_cases))
    kept = refreshed(kept, _rows(seen, use_cases), seen.supersedes, read_to)
    kept_store(project, kept, use_cases)
    return kept, use_cases


def _rows(seen: Rankings, use_cases: list[str]) -> Judgments:
    code = {name: number for number, name in enumerate(use_cases)}
    table = Judgments(
        seen.unit, seen.prompt, seen.labeler, seen.tiers, _cohort(seen.held_out), seen.person == 1,
        {"use_case": seen.use_case_code_by(code), "guideline": seen.guideline, "month": seen.month},
    )  # fmt: skip
    return rows_of(seen.id, table)


def _cohort(held_out: Ints) -> Ints:
    cohort: Ints = held_out * HELD_OUT + (1 - held_out) * TRAINING
    return cohort


def _one(statement: str, values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
