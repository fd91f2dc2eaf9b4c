"""Rankings and demonstrations that were made elsewhere, as judgments of external labelers.

They take no slot and follow no guideline or schema of ours; their cohort is their labeler's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.bulk import ids_reserve, rows_insert
from apps.core.domain.canonical import content_hash

from ..models import Demonstration, Judgment, Ranking, Task


@dataclass(frozen=True, slots=True)
class ImportedJudgment:
    """What one external labeler said about one task: `tiers`, or the completion they wrote."""

    task_id: int
    external_labeler_id: int
    cohort: str
    tiers: Sequence[int] | None = None
    completion_id: int | None = None


def tasks_insert(*, rows: Sequence[dict[str, Any]]) -> int:
    """Insert many production tasks at once; those that stand already are left out."""
    return rows_insert(Task, rows)


@transaction.atomic
def judgments_insert(*, judgments: Iterable[ImportedJudgment]) -> int:
    """Insert many imported judgments with what they carry. Answers how many judgments went in.

    Fewer than given means that another transaction brought the same: the caller rolls back and reads again,
    because the rankings of those left out had no judgment to hang on.
    """
    given = list(judgments)
    now = timezone.now()
    ids = list(ids_reserve(Judgment, len(given)))
    inserted = rows_insert(Judgment, [_judgment_row(pk, one, now) for pk, one in zip(ids, given, strict=True)])
    if inserted < len(given):
        return inserted
    pairs = list(zip(ids, given, strict=True))
    rows_insert(Ranking, [{"judgment_id": pk, "tiers": list(one.tiers)} for pk, one in pairs if one.tiers])
    rows_insert(
        Demonstration,
        [{"judgment_id": pk, "completion_id": one.completion_id} for pk, one in pairs if one.completion_id],
    )
    return inserted


def _judgment_row(pk: int, one: ImportedJudgment, now: Any) -> dict[str, Any]:
    return {
        "id": pk,
        "task_id": one.task_id,
        "external_labeler_id": one.external_labeler_id,
        "cohort": one.cohort,
        "content_sha256": content_hash({"tiers": one.tiers, "completion": one.completion_id}),
        "submitted_at": now,
    }
