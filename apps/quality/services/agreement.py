"""Keeping a project's report on agreement fresh: what is new is added to what is kept, and the report made from that."""

from typing import Any

from apps.projects.models import Project

from ..domain.kept import Kept, refreshed, rows_of
from ..domain.mark import Mark
from ..domain.table import HELD_OUT, TRAINING, Ints, Judgments
from ..models import AgreementReport, KeptReport
from ..selectors.rankings import Rankings, rankings_after
from .kept_report import report_refresh
from .report import report_body
from .scales import scales_forget, scales_now
from .store import kept_forget, kept_load, kept_store


def agreement_refresh(*, project: Project, from_nothing: bool = False) -> AgreementReport | None:
    """The report on `project` as it is now: the last one where nothing new was said since. None while another process
    makes it. `from_nothing` reads everything again, whatever is kept."""

    def make(known: KeptReport | None, mark: Mark) -> dict[str, Any]:
        if from_nothing or known is None:
            kept_forget(project)
            scales_forget(project)
        kept, use_cases = _kept_now(project, mark.read_to)
        return report_body(project, kept, use_cases, scales_now(project, mark.read_to))

    return report_refresh(AgreementReport, project, make, anew=from_nothing)


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
