"""Writing what is new on a board: one COPY a table, whatever the number of lines."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from django.db import models

from apps.core.bulk import ids_reserve, rows_insert
from apps.core.ids import ordered_uids
from apps.labeling.models import Task
from apps.labeling.services.beside_gold import lock_for_work
from apps.labeling.services.distribution import requirements_of, slots_of
from apps.labeling.services.imported import ImportedJudgment, judgments_insert, task_row, tasks_copy
from apps.projects.models import ExternalLabeler, Project
from apps.prompts.copied import completions_copy, prompts_copy
from apps.prompts.models import Completion, Prompt
from apps.prompts.services import external_ids_append

from ..domain.board import Board, CompletionItem, JudgmentItem, LabelerItem, PromptItem, TaskItem
from .rows import completion_rows, labeler_row, prompt_rows

Item = LabelerItem | PromptItem | CompletionItem | TaskItem
Requires = Callable[[str], list[str]]


class Overtaken(Exception):
    """Another transaction has stored some of the same meanwhile: roll back, read again, repeat."""


@dataclass(frozen=True, slots=True)
class Placing:
    """What the import's options say of all its tasks."""

    priority: int = 0
    cohort: str | None = None
    requires: tuple[str, ...] = ()


def board_store(*, project: Project, board: Board, placing: Placing) -> None:
    """Store all that is new, in the file's order; open what was closed; mark what turned out to be sensitive.

    When another transaction has done any of it already, raises Overtaken, or IntegrityError where the database saw it.
    """
    lock_for_work(project)
    _number(board.new_labelers, ExternalLabeler)
    _number(board.new_prompts, Prompt)
    _number(board.new_completions, Completion)
    _number(board.new_tasks, Task)
    _all_in(
        rows_insert(ExternalLabeler, [labeler_row(project, item) for item in board.new_labelers]), board.new_labelers
    )
    if board.new_prompts:
        prompts_copy(prompt_rows(project, board.new_prompts))
    _append_external_ids(board)
    _raise_prompts(board.raised_prompts)
    if board.new_completions:
        completions_copy(completion_rows(board.new_completions))
    _store_tasks(project, board, placing)
    _raise_tasks(board)
    judgments_insert(judgments=map(_judgment, board.new_judgments))


def _number(items: Sequence[Item], model: type[models.Model]) -> None:
    for item, pk in zip(items, ids_reserve(model, len(items)), strict=True):
        item.id = pk


def _all_in(inserted: int, items: Sequence[object]) -> None:
    if inserted < len(items):
        raise Overtaken


def _id(item: Item) -> int:
    assert item.id is not None
    return item.id


def _append_external_ids(board: Board) -> None:
    known = (item for item in board.prompts.values() if item.line is None and item.new_external_ids)
    external_ids_append(ids={_id(item): item.new_external_ids for item in known})


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
        bland = Task.objects.filter(prompt__in=ids, prompt__sensitive=True, sensitive=False)
        # In the order of their ids, as the reaper takes them, so that neither waits for the other in a circle.
        held = bland.select_for_update(no_key=True, of=("self",)).order_by("pk")
        Task.objects.filter(pk__in=list(held.values_list("pk", flat=True))).update(sensitive=True)


def _store_tasks(project: Project, board: Board, placing: Placing) -> None:
    """New tasks, and closed ones that open now, in one numbering of the overlap sample."""
    fresh = [item for item in board.new_tasks if item.claimable]
    asked = [*fresh, *board.opened_tasks]
    slots = dict(zip(map(_id, asked), slots_of(project, [item.prompt.use_case for item in asked]), strict=True))
    requires = cache(lambda language: requirements_of(project, language, placing.requires))
    _open_tasks(board.opened_tasks, slots, placing, requires)
    if board.new_tasks:
        tasks_copy(_task_rows(project, board.new_tasks, slots, placing, requires))


def _open_tasks(items: Sequence[TaskItem], slots: dict[int, int], placing: Placing, requires: Requires) -> None:
    """Closed tasks, open now, with all that a new one would get."""
    alike = defaultdict[tuple[int, str], list[int]](list)
    for item in items:
        alike[slots[_id(item)], item.prompt.language].append(_id(item))
    for (required, language), ids in alike.items():
        closed = Task.objects.filter(pk__in=ids, state=Task.State.CLOSED)
        opened = closed.update(
            state=Task.State.OPEN, required=required, open_slots=required, priority=placing.priority,
            cohort=placing.cohort, requires=requires(language),
        )  # fmt: skip
        _all_in(opened, ids)


def _task_rows(
    project: Project, items: Sequence[TaskItem], slots: dict[int, int], placing: Placing, requires: Requires
) -> Iterator[bytes]:
    """A closed task is there for its judgments to hang on: it offers no slot until it opens."""
    for item, uid in zip(items, ordered_uids(len(items)), strict=True):
        line, prompt = item.line, item.prompt
        assert line is not None
        ranks = item.kind == Task.Kind.RANK
        yield task_row(
            id=_id(item), uid=uid, project_id=project.pk, prompt_id=_id(prompt), kind=item.kind,
            state="open" if item.claimable else "closed",
            candidates=[_id(prompt.completions[key]) for key in item.keys],
            slots=slots.get(_id(item), 0),
            priority=placing.priority, sensitive=prompt.sensitive, writers=[prompt.author] if prompt.author else [],
            cohort=placing.cohort, requires=requires(prompt.language), external_id=line.external_id,
            external_candidate_ids=[completion.id for completion in line.completions] if ranks else None,
            source=line.source, metadata=line.metadata,
        )  # fmt: skip


def _judgment(item: JudgmentItem) -> ImportedJudgment:
    return ImportedJudgment(
        task_id=_id(item.task), external_labeler_id=_id(item.labeler), cohort=item.labeler.cohort,
        tiers=item.tiers, completion_id=_id(item.completion) if item.completion else None,
    )  # fmt: skip
