"""The whole chain of one record: where it came from, who said what by which rules, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
COMPLETIONS_SHOWN = 200
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
    more_completions: bool
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
    told = _of(judgments_told(project).defer(None), found)
    judgments = list(told.order_by("-id")[: JUDGMENTS_SHOWN + 1])
    every = _of(Judgment.objects.filter(task__project=project), found)
    prompt, task = _prompt_and_task(found)
    shown = judgments[:JUDGMENTS_SHOWN]
    completions = _completions(project, found, prompt, task, shown)
    of_prompt = prompt.pk if found.kind == "prompt" else None
    return Chain(
        found=found,
        prompt=prompt,
        messages=messages_of(prompt),
        task=task,
        imports=_imports(project, _came(found, prompt, task, completions, judgments)),
        completions=completions[:COMPLETIONS_SHOWN],
        more_completions=len(completions) > COMPLETIONS_SHOWN,
        judgments=shown,
        more_judgments=len(judgments) > JUDGMENTS_SHOWN,
        reach=reach_of(project, judgments=every, prompt=of_prompt),
    )


def _of(rows: QuerySet[Judgment], found: Found) -> QuerySet[Judgment]:
    """Those that the record is, holds, or was judged by: of a judgment its whole chain of corrections."""
    match found.kind:
        case "judgment":
            own = Judgment.objects.filter(pk=found.pk)
            same = Q(assignment__in=own.values("assignment")) | Q(external_labeler__in=own.values("external_labeler"))
            return rows.filter(same, task__in=own.values("task"))
        case "task":
            return rows.filter(task=found.pk)
        case "completion":
            rows = rows.filter(Q(task__candidates__contains=[found.pk]) | Q(demonstration__completion=found.pk))
            return rows.filter(task__prompt__completions=found.pk)
        case _:
            return rows.filter(task__prompt=found.pk)


def _prompt_and_task(found: Found) -> tuple[Prompt, Task | None]:
    """The prompt, and the task where the record is of one alone. One query."""
    if found.kind in ("judgment", "task"):
        tasks = Task.objects.select_related("prompt__project", "prompt__author")
        task = tasks.get(pk=found.pk) if found.kind == "task" else tasks.get(judgments=found.pk)
        return task.prompt, task
    prompts = Prompt.objects.select_related("project", "author")
    if found.kind == "completion":
        return prompts.get(completions=found.pk), None
    return prompts.get(pk=found.pk), None


def _came(
    found: Found, prompt: Prompt, task: Task | None, completions: Sequence[Written], judgments: Sequence[Judgment]
) -> datetime | None:
    """When the record was brought in: itself, if it was, else its task or its prompt. None of what people wrote here."""
    said = next((one for one in judgments if found.kind == "judgment" and one.pk == found.pk), None)
    if said is not None and said.external_labeler_id is not None:
        return said.submitted_at
    text = next((one.completion for one in completions if one.asked_for), None)
    if text is not None and text.origin == Completion.Origin.EXTERNAL:
        return text.created_at
    if prompt.author_id is not None:
        return None
    return task.created_at if task is not None and task.external_id else prompt.created_at


def _imports(project: Project, at: datetime | None) -> list[Import]:
    """The imports that were running then."""
    if at is None:
        return []
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
    found_rows = {row.pk: row for row in rows.order_by("id")[: COMPLETIONS_SHOWN + 1]}
    names = dict(zip(task.candidates, task.external_candidate_ids or [], strict=False)) if task else {}
    order: Any = wanted if wanted is not None else list(found_rows)
    return [
        Written(row, names.get(pk), origin_of(row, project), asked_for=found.kind == "completion" and pk == found.pk)
        for pk in order
        if (row := found_rows.get(pk)) is not None
    ]
