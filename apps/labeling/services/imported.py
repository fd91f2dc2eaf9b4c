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
from apps.core.copy import (
    FALSE,
    NULL,
    bigint,
    bigint_array,
    boolean,
    json_cell,
    keyed_row_of,
    label,
    moment,
    optional,
    row_of,
    rows_copy,
    smallint,
    smallint_array,
    text,
    text_array,
)
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


_PRODUCTION, _EMPTY, _NO_FLAGS, _RENDERED = (
    text(Task.Purpose.PRODUCTION.value),
    text(""),
    json_cell({}),
    text("rendered"),
)


def task_row(
    *, id: int, uid: bytes, project_id: int, prompt_id: int, kind: str, state: str, candidates: Sequence[int], slots: int,
    priority: int, sensitive: bool, writers: Sequence[int], cohort: str | None, requires: Sequence[str],
    external_id: str | None, external_candidate_ids: Sequence[str | None] | None, source: Any, metadata: Any,
) -> bytes:  # fmt: skip
    """A fresh production task, with everything that the database would tell of one that is saved alone."""
    names = NULL if external_candidate_ids is None else text_array(external_candidate_ids)
    return keyed_row_of(
        id, uid, project_id, bigint(prompt_id), label(kind), _PRODUCTION, label(state),
        bigint_array(candidates), bigint_array(sorted(candidates)), smallint(slots), smallint(slots), smallint(priority),
        boolean(sensitive), bigint_array(writers), optional(cohort), text_array(requires), bigint(id),
        optional(external_id), names, json_cell(source), json_cell(metadata),
    )  # fmt: skip


def tasks_copy(rows: Iterable[bytes]) -> int:
    return rows_copy(Task, _TASK, rows)


@transaction.atomic
def judgments_insert(*, judgments: Iterable[ImportedJudgment]) -> int:
    """Store many imported judgments with what they carry. Raises IntegrityError where one of them is known."""
    given = list(judgments)
    if not given:
        return 0
    now = moment(timezone.now())
    pairs = list(zip(ids_reserve(Judgment, len(given)), given, strict=True))
    rows = (_judgment_row(pk, uid, one, now) for (pk, one), uid in zip(pairs, ordered_uids(len(pairs)), strict=True))
    rows_copy(Judgment, _JUDGMENT, rows)
    if rankings := [row_of(bigint(pk), smallint_array(one.tiers)) for pk, one in pairs if one.tiers]:
        rows_copy(Ranking, ("judgment_id", "tiers"), rankings)
    if written := [row_of(bigint(pk), bigint(one.completion_id)) for pk, one in pairs if one.completion_id]:
        rows_copy(Demonstration, ("judgment_id", "completion_id"), written)
    return len(given)


def _judgment_row(pk: int, uid: bytes, one: ImportedJudgment, now: bytes) -> bytes:
    sha256 = content_hash({"tiers": one.tiers, "completion": one.completion_id})
    return keyed_row_of(
        pk, uid, one.task_id, bigint(one.external_labeler_id), label(one.cohort), _EMPTY, _NO_FLAGS, _EMPTY, FALSE,
        _RENDERED, FALSE, text(sha256), now,
    )  # fmt: skip
