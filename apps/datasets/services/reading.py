"""A snapshot's items as records, in the order of their uids.

Rows come through a server-side cursor, a chunk at a time; what a chunk's records share (completions, tasks)
is read once a chunk.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson
from django.db.models import F, Q

from apps.labeling.models import Task
from apps.prompts.models import Completion

from ..domain.records import (
    CandidateRecord,
    CandidateSetRecord,
    CompletionRecord,
    DemonstrationRecord,
    GuidelineRecord,
    LabelerRecord,
    PromptRecord,
    RankingRecord,
    Record,
)
from ..models import DatasetSnapshot, SnapshotItem

CHUNK = 500
Row = dict[str, Any]

_PROMPT = ("uid", "external_ids", "source", "metadata", "messages", "context", "use_case", "language", "split")
_JUDGMENT = {
    "uid": "uid", "task_uid": "task__uid", "candidates": "task__candidates", "task_external_id": "task__external_id",
    "names": "task__external_candidate_ids", "task_source": "task__source", "task_metadata": "task__metadata",
    "tiers": "ranking__tiers", "ratings": "ratings__values", "prompt_flags": "prompt_flags", "judged_use_case": "use_case",
    "note": "note", "member": "assignment__membership__pseudonym", "external": "external_labeler__pseudonym",
    "external_kind": "external_labeler__kind", "cohort": "cohort", "track": "guideline__track",
    "guideline_number": "guideline__number", "schema_number": "schema__number",
    "display_order": "assignment__display_order", "active_seconds": "active_seconds", "rendering": "rendering",
    "proposal": "proposal",
    "surplus": "surplus", "supersedes": "supersedes__uid", "submitted_at": "submitted_at",
    "completion_uid": "demonstration__completion__uid", "text": "demonstration__completion__body",
}  # fmt: skip


def snapshot_records(snapshot: DatasetSnapshot, *, chunk: int = CHUNK) -> Iterator[Record]:
    """Every record of the snapshot, ordered by uid."""
    items = SnapshotItem.objects.filter(snapshot=snapshot)
    if snapshot.kind == DatasetSnapshot.Kind.PROMPTS:
        columns = {f"p_{name}": F(f"prompt__{name}") for name in (*_PROMPT, "id", "sensitive")}
        yield from _in_chunks(items.values(**columns).order_by("prompt__uid"), _prompts, chunk)
        return
    columns = {f"p_{name}": F(f"judgment__task__prompt__{name}") for name in _PROMPT}
    columns |= {f"j_{name}": F(f"judgment__{path}") for name, path in _JUDGMENT.items()}
    build = _rankings if snapshot.kind == DatasetSnapshot.Kind.RANKINGS else _demonstrations
    yield from _in_chunks(items.values(**columns).order_by("judgment__uid"), build, chunk)


def _in_chunks(rows: Any, build: Callable[[list[Row]], Iterable[Record]], chunk: int) -> Iterator[Record]:
    stream = rows.iterator(chunk_size=chunk)
    while part := list(islice(stream, chunk)):
        yield from build(part)


def _rankings(rows: list[Row]) -> Iterator[Record]:
    known = _completions(pk for row in rows for pk in row["j_candidates"])
    for row in rows:
        names = row["j_names"] or [None] * len(row["j_candidates"])
        yield RankingRecord(
            **_prompt_part(row),
            **_judgment_part(row),
            completions=[
                _completion(known[pk], name) for pk, name in zip(row["j_candidates"], names, strict=True)
            ],
            tiers=row["j_tiers"],
            ratings=row["j_ratings"],
            shown_order=row["j_display_order"],
            proposal=None if row["j_external"] is not None else row["j_proposal"],
        )  # fmt: skip


def _demonstrations(rows: list[Row]) -> Iterator[Record]:
    for row in rows:
        yield DemonstrationRecord(
            **_prompt_part(row), **_judgment_part(row), completion_uid=str(row["j_completion_uid"]), text=row["j_text"]
        )


def _prompts(rows: list[Row]) -> Iterator[Record]:
    prompt_ids = [row["p_id"] for row in rows]
    sets: dict[int, list[Task]] = {pk: [] for pk in prompt_ids}
    for task in Task.objects.filter(
        prompt__in=prompt_ids, purpose=Task.Purpose.PRODUCTION, repeats=None, candidates__len__gt=0
    ).order_by("uid"):
        sets[task.prompt_id].append(task)
    written: dict[int, list[Row]] = {pk: [] for pk in prompt_ids}
    candidates = [pk for tasks in sets.values() for task in tasks for pk in task.candidates]
    replies = Q(demonstration=None) | Q(pk__in=candidates)
    for completion in _completion_rows().filter(replies, prompt__in=prompt_ids).order_by("uid"):
        written[completion["prompt_id"]].append(completion)
    for row in rows:
        yield _prompt(row, sets[row["p_id"]], written[row["p_id"]])


def _prompt(row: Row, tasks: list[Task], completions: list[Row]) -> PromptRecord:
    uids = {completion["id"]: str(completion["uid"]) for completion in completions}
    names: dict[int, str | None] = {}
    for task in reversed(tasks):
        names |= zip(task.candidates, task.external_candidate_ids or [], strict=False)
    return PromptRecord(
        **_prompt_part(row),
        uid=str(row["p_uid"]),
        sensitive=row["p_sensitive"],
        completions=[_completion(completion, names.get(completion["id"])) for completion in completions],
        candidate_sets=[_candidate_set(task, uids) for task in tasks],
    )


def _candidate_set(task: Task, uids: dict[int, str]) -> CandidateSetRecord:
    names = task.external_candidate_ids or [None] * len(task.candidates)
    return CandidateSetRecord(
        task_uid=str(task.uid),
        kind=task.kind,
        external_id=task.external_id,
        source=task.source,
        metadata=task.metadata,
        candidates=[
            CandidateRecord(uid=uids[pk], external_id=name) for pk, name in zip(task.candidates, names, strict=True)
        ],
    )


def _prompt_part(row: Row) -> Row:
    """The prompt as this task's line gave it: its own id, source and metadata come before the prompt's."""
    own, ids = row.get("j_task_external_id"), row["p_external_ids"]
    source = row.get("j_task_source")
    return {
        "prompt_uid": str(row["p_uid"]),
        "external_ids": ids if own is None else [own, *(name for name in ids if name != own)],
        "source": row["p_source"] if source is None else source,
        "metadata": row.get("j_task_metadata") or row["p_metadata"],
        "messages": orjson.loads(row["p_messages"]),
        "context": row["p_context"],
        "use_case": row["p_use_case"],
        "language": row["p_language"],
        "split": row["p_split"],
    }


def _judgment_part(row: Row) -> Row:
    imported = row["j_external"] is not None
    return {
        "uid": str(row["j_uid"]),
        "task_uid": str(row["j_task_uid"]),
        "prompt_flags": row["j_prompt_flags"],
        "judged_use_case": row["j_judged_use_case"],
        "note": row["j_note"],
        "labeler": LabelerRecord(
            pseudonym=row["j_external"] if imported else row["j_member"],
            kind=row["j_external_kind"] if imported else "member",
            cohort=row["j_cohort"],
        ),
        "guideline": row["j_track"] and GuidelineRecord(track=row["j_track"], number=row["j_guideline_number"]),
        "schema": row["j_schema_number"],
        "active_seconds": row["j_active_seconds"],
        "rendering": None if imported else row["j_rendering"],
        "surplus": row["j_surplus"],
        "imported": imported,
        "supersedes": row["j_supersedes"] and str(row["j_supersedes"]),
        "submitted_at": _moment(row["j_submitted_at"]),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _completion_rows() -> Any:
    return Completion.objects.values(
        "id",
        "uid",
        "prompt_id",
        "body",
        "origin",
        "source_name",
        "sampling",
        "model_version__name",
        "model_version__number",
    )


def _completions(ids: Iterable[int]) -> dict[int, Row]:
    return {row["id"]: row for row in _completion_rows().filter(pk__in=set(ids))}


def _completion(row: Row, name: str | None) -> CompletionRecord:
    version = row["model_version__name"] and f"{row['model_version__name']} {row['model_version__number']}"
    return CompletionRecord(
        uid=str(row["uid"]), external_id=name, text=row["body"], origin=row["origin"],
        model=version or row["source_name"], sampling=row["sampling"],
    )  # fmt: skip
