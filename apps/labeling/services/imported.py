"""Tasks of imported lines, and what was said of them elsewhere: rankings and demonstrations of external labelers.

Those take no slot and follow no guideline or schema of ours; their cohort is their labeler's. All of it is copied:
the caller sees to it that everything is new, or meets the constraint of what was there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.bulk import ids_reserve
from apps.core.copy import NULL, json_cell, number_array, optional, rows_copy, text_array
from apps.core.domain.canonical import content_hash
from apps.core.ids import ordered_uids

from ..models import Demonstration, Judgment, Ranking, Task

_TASK = (
    "id", "uid", "project_id", "prompt_id", "kind", "purpose", "state", "candidates", "candidate_set", "required",
    "open_slots", "priority", "sensitive", "writers", "cohort", "requires", "position", "external_id",
    "external_candidate_ids", "source", "metadata",
)  # fmt: skip
_JUDGMENT = (
    "id", "uid", "task_id", "external_labeler_id", "cohort", "note", "prompt_flags", "use_case", "surplus", "rendering",
    "proposal", "content_sha256", "submitted_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportedJudgment:
    """What one external labeler said about one task: `tiers`, or the completion they wrote."""

    task_id: int
    external_labeler_id: int
    cohort: str
    tiers: Sequence[int] | None = None
    completion_id: int | None = None


def task_row(
    *, id: int, uid: str, project_id: int, prompt_id: int, kind: str, state: str, candidates: Sequence[int], slots: int,
    priority: int, sensitive: bool, writers: Sequence[int], cohort: str | None, requires: Sequence[str],
    external_id: str | None, external_candidate_ids: Sequence[str | None] | None, source: Any, metadata: Any,
) -> str:  # fmt: skip
    """A fresh production task, with everything that the database would tell of one that is saved alone."""
    given = number_array(candidates)
    ordered = number_array(sorted(candidates))
    names = NULL if external_candidate_ids is None else text_array(external_candidate_ids)
    return (
        f"{id}\t{uid}\t{project_id}\t{prompt_id}\t{kind}\tproduction\t{state}\t{given}\t{ordered}\t{slots}\t{slots}\t"
        f"{priority}\t{'t' if sensitive else 'f'}\t{number_array(writers)}\t{cohort or NULL}\t{text_array(requires)}\t{id}\t"
        f"{optional(external_id)}\t{names}\t{json_cell(source)}\t{json_cell(metadata)}\n"
    )


def tasks_copy(rows: Iterable[str]) -> int:
    return rows_copy(Task, _TASK, rows)


@transaction.atomic
def judgments_insert(*, judgments: Iterable[ImportedJudgment]) -> int:
    """Store many imported judgments with what they carry. Raises IntegrityError where one of them is known."""
    given = list(judgments)
    if not given:
        return 0
    now = timezone.now().isoformat()
    pairs = list(zip(ids_reserve(Judgment, len(given)), given, strict=True))
    rows = (_judgment_row(pk, uid, one, now) for (pk, one), uid in zip(pairs, ordered_uids(len(pairs)), strict=True))
    rows_copy(Judgment, _JUDGMENT, rows)
    if rankings := [f"{pk}\t{number_array(one.tiers)}\n" for pk, one in pairs if one.tiers]:
        rows_copy(Ranking, ("judgment_id", "tiers"), rankings)
    if written := [f"{pk}\t{one.completion_id}\n" for pk, one in pairs if one.completion_id]:
        rows_copy(Demonstration, ("judgment_id", "completion_id"), written)
    return len(given)


def _judgment_row(pk: int, uid: str, one: ImportedJudgment, now: str) -> str:
    sha256 = content_hash({"tiers": one.tiers, "completion": one.completion_id})
    return f"{pk}\t{uid}\t{one.task_id}\t{one.external_labeler_id}\t{one.cohort}\t\t{{}}\t\tf\trendered\tf\t{sha256}\t{now}\n"
