"""Keeping a project's report on agreement fresh: what is new is added to what is kept, and the report made from that."""

import time

from django.db import transaction
from django.utils import timezone

from apps.projects.models import Project

from ..domain.kept import Kept, refreshed, rows_of
from ..domain.table import HELD_OUT, TRAINING, Ints, Judgments
from ..models import AgreementReport
from ..selectors.rankings import Rankings, rankings_after
from .newness import judgments_above, mine_to_make, read_to_now
from .report import report_body
from .store import kept_forget, kept_load, kept_store


@transaction.atomic
def agreement_refresh(*, project: Project, from_nothing: bool = False) -> AgreementReport | None:
    """The report on `project` as it is now: the last one where nothing new was said since. None while another process
    makes it. `from_nothing` reads everything again, whatever is kept."""
    if not mine_to_make("agreement", project):
        return None
    known = AgreementReport.objects.filter(project=project).first()
    if known and not from_nothing and judgments_above(project, known.read_to) == known.above:
        return known
    began = time.monotonic()
    if from_nothing or known is None:
        kept_forget(project)
    read_to = read_to_now(known.read_to if known else 0)
    above = judgments_above(project, read_to)
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
