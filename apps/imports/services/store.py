"""Writing what is new on a board: one statement a table, whatever the number of lines."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import models

from apps.core.bulk import ids_reserve, rows_insert
from apps.core.domain.canonical import canonical_text
from apps.labeling.models import Task
from apps.labeling.services.imported import ImportedJudgment, judgments_insert, tasks_insert
from apps.labeling.services.tasks import slots_for
from apps.projects.models import ExternalLabeler, Project
from apps.prompts.domain.split import source_key_hash, split_of
from apps.prompts.models import Completion, Prompt
from apps.prompts.services import completions_insert, external_ids_append, prompts_insert

from ..domain.board import Board, CompletionItem, LabelerItem, PromptItem, TaskItem

Item = LabelerItem | PromptItem | CompletionItem | TaskItem


class Overtaken(Exception):
    """Another transaction has stored some of the same meanwhile: roll back, read again, repeat."""


def board_store(*, project: Project, board: Board) -> None:
    """Insert all that is new, in the file's order; open what was closed; mark what turned out to be sensitive.

    Raises Overtaken when another transaction has done any of it already.
    """
    _number(board.new_labelers, ExternalLabeler)
    _number(board.new_prompts, Prompt)
    _number(board.new_completions, Completion)
    _number(board.new_tasks, Task)
    labelers = [_labeler_row(project, item) for item in board.new_labelers]
    _all_in(rows_insert(ExternalLabeler, labelers), board.new_labelers)
    _all_in(prompts_insert(rows=[_prompt_row(project, item) for item in board.new_prompts]), board.new_prompts)
    _append_external_ids(board)
    _raise_prompts(board.raised_prompts)
    _all_in(completions_insert(rows=[_completion_row(item) for item in board.new_completions]), board.new_completions)
    asked = Prompt()
    _all_in(tasks_insert(rows=[_task_row(project, item, asked) for item in board.new_tasks]), board.new_tasks)
    _open_tasks(project, board.opened_tasks, asked)
    _raise_tasks(board)
    judgments = [
        ImportedJudgment(
            task_id=_id(item.task), external_labeler_id=_id(item.labeler), cohort=item.labeler.cohort,
            tiers=item.tiers, completion_id=_id(item.completion) if item.completion else None,
        )
        for item in board.new_judgments
    ]  # fmt: skip
    _all_in(judgments_insert(judgments=judgments), judgments)


def _number(items: Sequence[Item], model: type[models.Model]) -> None:
    for item, pk in zip(items, ids_reserve(model, len(items)), strict=True):
        item.id = pk


def _all_in(inserted: int, items: Any) -> None:
    if inserted < len(items):
        raise Overtaken


def _id(item: Item) -> int:
    assert item.id is not None
    return item.id


def _labeler_row(project: Project, item: LabelerItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "project_id": project.pk,
        "pseudonym": item.pseudonym,
        "kind": item.kind,
        "cohort": item.cohort,
    }


def _prompt_row(project: Project, item: PromptItem) -> dict[str, Any]:
    line = item.line
    assert line is not None
    source_key = source_key_hash(project.seed, line.source_key) if line.source_key else ""
    return {
        "id": item.id,
        "project_id": project.pk,
        "messages": canonical_text(line.messages),
        "context": line.context,
        "use_case": line.use_case,
        "language": line.language,
        "sensitive": item.sensitive,
        "source": line.source,
        "metadata": line.metadata,
        "source_key": source_key,
        "split": split_of(project.seed, source_key, item.sha256),
        "content_sha256": item.sha256,
        "external_ids": item.external_ids,
    }


def _append_external_ids(board: Board) -> None:
    known = (item for item in board.prompts.values() if item.line is None and item.new_external_ids)
    external_ids_append(ids={_id(item): item.new_external_ids for item in known})


def _completion_row(item: CompletionItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "prompt_id": item.prompt.id,
        "source_name": item.model,
        "body": item.text,
        "body_sha256": item.sha256,
    }


def _raise_prompts(items: Sequence[PromptItem]) -> None:
    """Known prompts, sensitive now. The full lock waits for, and then holds off, whoever makes tasks of them."""
    if ids := [_id(item) for item in items]:
        found = Prompt.objects.select_for_update().filter(pk__in=ids).order_by("pk")
        Prompt.objects.filter(pk__in=list(found.values_list("pk", flat=True))).update(sensitive=True)


def _raise_tasks(board: Board) -> None:
    """All tasks of prompts that were raised, and new ones of prompts that another transaction has raised meanwhile."""
    ids = {_id(item) for item in board.raised_prompts}
    ids.update(_id(item.prompt) for item in board.new_tasks if item.prompt.line is None)
    if ids:
        Task.objects.filter(prompt__in=ids, prompt__sensitive=True, sensitive=False).update(sensitive=True)


def _open_tasks(project: Project, items: Sequence[TaskItem], asked: Prompt) -> None:
    """Closed tasks, open now, with all the slots that a new one would get."""
    by_required = defaultdict[int, list[int]](list)
    for item in items:
        by_required[_slots(project, item, asked)].append(_id(item))
    for required, ids in by_required.items():
        closed = Task.objects.filter(pk__in=ids, state=Task.State.CLOSED)
        _all_in(closed.update(state=Task.State.OPEN, required=required, open_slots=required), ids)


def _slots(project: Project, item: TaskItem, asked: Prompt) -> int:
    """`asked` stands in for the prompt, which is no object yet, where only its hash counts."""
    asked.content_sha256 = item.prompt.sha256
    return slots_for(project, asked)


def _task_row(project: Project, item: TaskItem, asked: Prompt) -> dict[str, Any]:
    line, candidates = item.line, [_id(item.prompt.completions[key]) for key in item.keys]
    assert line is not None
    required = _slots(project, item, asked) if item.kind == Task.Kind.RANK else 0
    return {
        "id": item.id,
        "project_id": project.pk,
        "prompt_id": item.prompt.id,
        "kind": item.kind,
        "state": Task.State.OPEN if item.claimable else Task.State.CLOSED,
        "candidates": candidates,
        "candidate_set": sorted(candidates),
        "required": required,
        "open_slots": required,
        "sensitive": item.prompt.sensitive,
        "external_id": line.external_id,
        "external_candidate_ids": [completion.id for completion in line.completions] if candidates else None,
        "source": line.source,
        "metadata": line.metadata,
    }
