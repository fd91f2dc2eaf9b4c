"""The whole chain of one record: where it came from, who said what by which rules, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from apps.imports.models import Import
from apps.labeling.models import Judgment, Task
from apps.labeling.selectors.told import judgments_told
from apps.projects.models import GuidelineVersion, JudgmentSchema, Project
from apps.prompts.models import Completion, Prompt
from apps.prompts.selectors import messages_of

from .finding import Found
from .origins import ORIGIN_ROWS, Step, origin_of
from .reach import Reach, reach_of

JUDGMENTS_SHOWN = 50
IMPORTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Written:
    """A completion of the chain: what the import called it, and how it was made, link by link."""

    completion: Completion
    external_id: str | None
    ways: list[list[Step]]
    asked_for: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """`imports` holds one where its time alone says which it was, several where they ran side by side."""

    found: Found
    prompt: Prompt
    messages: list[dict[str, str]]
    task: Task | None
    imports: list[Import]
    completions: list[Written]
    judgments: list[Judgment]
    more_judgments: bool
    reach: Reach

    @property
    def guidelines(self) -> list[GuidelineVersion]:
        """The versions in force when it was judged, each once."""
        return list({j.guideline.pk: j.guideline for j in self.judgments if j.guideline is not None}.values())

    @property
    def schemas(self) -> list[JudgmentSchema]:
        return list({j.schema.pk: j.schema for j in self.judgments if j.schema is not None}.values())


def chain_of(project: Project, found: Found) -> Chain:
    """At most nine queries, whatever hangs on the record."""
    judgments = _judgments(project, found)
    prompt, task = _prompt_and_task(found, judgments)
    shown = judgments[:JUDGMENTS_SHOWN]
    of_prompt = prompt.pk if found.kind == "prompt" else None
    return Chain(
        found=found,
        prompt=prompt,
        messages=messages_of(prompt),
        task=task,
        imports=_imports(project, prompt, task),
        completions=_completions(project, found, prompt, task, shown),
        judgments=shown,
        more_judgments=len(judgments) > JUDGMENTS_SHOWN,
        reach=reach_of(project, judgments=[judgment.pk for judgment in shown], prompt=of_prompt),
    )


def _judgments(project: Project, found: Found) -> list[Judgment]:
    """Those that the record is, holds, or was judged by: of a judgment its whole chain of corrections."""
    rows: QuerySet[Judgment] = judgments_told(project).defer(None)
    match found.kind:
        case "judgment":
            own = Judgment.objects.filter(pk=found.pk)
            same = Q(assignment__in=own.values("assignment")) | Q(external_labeler__in=own.values("external_labeler"))
            rows = rows.filter(same, task__in=own.values("task"))
        case "task":
            rows = rows.filter(task=found.pk)
        case "completion":
            rows = rows.filter(Q(task__candidates__contains=[found.pk]) | Q(demonstration__completion=found.pk))
            rows = rows.filter(task__prompt__completions=found.pk)
        case "prompt":
            rows = rows.filter(task__prompt=found.pk)
    return list(rows.order_by("-id")[: JUDGMENTS_SHOWN + 1])


def _prompt_and_task(found: Found, judgments: list[Judgment]) -> tuple[Prompt, Task | None]:
    """The prompt, and the task where the record is of one alone. One query."""
    if found.kind == "judgment":
        pk = next(judgment.task_id for judgment in judgments if judgment.pk == found.pk)
        task = Task.objects.select_related("prompt__project", "prompt__author").get(pk=pk)
        return task.prompt, task
    if found.kind == "task":
        task = Task.objects.select_related("prompt__project", "prompt__author").get(pk=found.pk)
        return task.prompt, task
    prompts = Prompt.objects.select_related("project", "author")
    if found.kind == "completion":
        return prompts.get(completions=found.pk), None
    return prompts.get(pk=found.pk), None


def _imports(project: Project, prompt: Prompt, task: Task | None) -> list[Import]:
    """The imports that were running when the task (or the prompt) came. None of what people wrote here."""
    if prompt.author_id is not None:
        return []
    at = task.created_at if task is not None and task.external_id else prompt.created_at
    running = Q(finished_at__gte=at) | Q(finished_at=None)
    rows = Import.objects.filter(running, project=project, created_at__lte=at)
    return list(rows.order_by("-id")[:IMPORTS_SHOWN])


def _completions(
    project: Project, found: Found, prompt: Prompt, task: Task | None, judgments: Sequence[Judgment]
) -> list[Written]:
    """The candidates in their positions, and what was written; of a prompt, all of it."""
    rows = Completion.objects.filter(prompt=prompt).select_related("member", *ORIGIN_ROWS)
    wanted: list[int] | None = None
    if task is not None:
        demonstrated = [j.demonstration.completion_id for j in judgments if hasattr(j, "demonstration")]
        wanted = [*task.candidates, *demonstrated]
        rows = rows.filter(pk__in=wanted)
    elif found.kind == "completion":
        rows = rows.filter(pk=found.pk)
    found_rows = {row.pk: row for row in rows.order_by("id")[:200]}
    names = dict(zip(task.candidates, task.external_candidate_ids or [], strict=False)) if task else {}
    order: Any = wanted if wanted is not None else list(found_rows)
    return [
        Written(row, names.get(pk), origin_of(row, project), asked_for=found.kind == "completion" and pk == found.pk)
        for pk in order
        if (row := found_rows.get(pk)) is not None
    ]
