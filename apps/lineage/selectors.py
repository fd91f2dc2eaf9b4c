"""Reads that follow one prompt through the house. For those who curate: they hold models, labelers and answers."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, Count, F, Func, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.core.domain.errors import NotFound
from apps.datasets.models import DatasetSnapshot, SnapshotConsensus, SnapshotItem, SnapshotPart
from apps.datasets.services.reading import is_consensus
from apps.labeling.models import Judgment, Task
from apps.projects.models import Project
from apps.prompts.models import Completion, Prompt
from apps.prompts.selectors import messages_of

from .origins import ORIGIN_ROWS, Step, origin_of

PAGE_SIZE = 50


class _SaidAnywhere(Func):
    """Whether a message's content holds the text. The stored JSON itself would match on its keys and escapes."""

    template = "EXISTS (SELECT FROM jsonb_array_elements((%(expressions)s)"
    arg_joiner = ")::jsonb) AS message WHERE message->>'content' ILIKE "
    output_field = BooleanField()


def _needle(text: str) -> Value:
    """`text` as a LIKE pattern in which nothing is a wildcard."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Value(f"%{escaped}%")


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    """How many of `rows` hang on the outer row: a subquery, so that two counts do not multiply each other."""
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A prompt in a list: its last message and how much hangs on it."""

    prompt: Prompt
    last_message: str
    turns: int


def prompts_page(
    project: Project, *, number: Any = 1, use_case: str = "", split: str = "", text: str = "", written: str = ""
) -> Page[Any]:
    """One page of the project's prompts, newest first, with `completion_count` and `judgment_count` of each.

    With `written` those alone that labelers wrote.
    """
    found = Prompt.objects.filter(project=project)
    if use_case:
        found = found.filter(use_case=use_case)
    if split:
        found = found.filter(split=split)
    if written:
        found = found.filter(author__isnull=False)
    if text:
        found = found.filter(_SaidAnywhere(F("messages"), _needle(text)))
    counted = found.annotate(
        completion_count=_count(Completion.objects.filter(prompt=OuterRef("pk")), "prompt"),
        judgment_count=_count(Judgment.objects.filter(task__prompt=OuterRef("pk"), superseded_by=None), "task__prompt"),
    ).order_by("-id")
    return Paginator(counted, PAGE_SIZE).get_page(number)


def rows_of(page: Page[Prompt]) -> list[PromptRow]:
    rows = []
    for prompt in page.object_list:
        messages = messages_of(prompt)
        rows.append(PromptRow(prompt, messages[-1]["content"], len(messages)))
    return rows


def use_cases_of(project: Project) -> list[str]:
    """The use cases that occur, in alphabetical order."""
    values = Prompt.objects.filter(project=project).order_by("use_case").values_list("use_case", flat=True).distinct()
    return [use_case for use_case in values if use_case]


def prompt_of(project: Project, uid: Any) -> Prompt:
    prompt = Prompt.objects.select_related("project", "author").filter(project=project, uid=uid).first()
    if prompt is None:
        raise NotFound("There is no such prompt in this project.")
    return prompt


@dataclass(frozen=True, slots=True)
class JudgedTask:
    """A task with its current judgments; `columns` are its candidates by position."""

    task: Task
    columns: list[Completion]
    judgments: list[Judgment]


@dataclass(frozen=True, slots=True)
class ToldCompletion:
    """A reply, and the ways back from it where a model wrote it."""

    completion: Completion
    origin: list[list[Step]]


@dataclass(frozen=True, slots=True)
class PromptStory:
    prompt: Prompt
    messages: list[dict[str, str]]
    completions: list[ToldCompletion]
    tasks: list[JudgedTask]


def story_of(prompt: Prompt) -> PromptStory:
    """Everything that came of `prompt`, in a fixed number of queries."""
    rows = Completion.objects.filter(prompt=prompt).select_related("member", *ORIGIN_ROWS)
    completions = list(rows.order_by("id"))
    by_id = {completion.pk: completion for completion in completions}
    tasks = [
        JudgedTask(task, [by_id[pk] for pk in task.candidates], list(task.judgments.all())) for task in _tasks(prompt)
    ]
    told = [ToldCompletion(completion, origin_of(completion, prompt.project)) for completion in completions]
    return PromptStory(prompt, messages_of(prompt), told, tasks)


def _tasks(prompt: Prompt) -> QuerySet[Task]:
    current = (
        Judgment.objects.filter(superseded_by=None)
        .select_related(
            "assignment__membership", "external_labeler", "guideline", "ranking", "ratings", "demonstration__completion"
        )
        .order_by("submitted_at", "id")
    )
    return Task.objects.filter(prompt=prompt).order_by("id").prefetch_related(Prefetch("judgments", current))


def records_page(snapshot: DatasetSnapshot, *, number: Any = 1) -> Page[Any]:
    """One page of what a snapshot holds: judgments, prompts, or rankings made of several, in the order of its file."""
    if is_consensus(snapshot):
        made = SnapshotConsensus.objects.filter(snapshot=snapshot).select_related("task__prompt")
        of_line = SnapshotPart.objects.filter(snapshot=OuterRef("snapshot"), line=OuterRef("line"))
        parts = Coalesce(Subquery(of_line.values("line").annotate(n=Count("*")).values("n")), 0)
        return Paginator(made.annotate(parts=parts).order_by("line"), PAGE_SIZE).get_page(number)
    items = SnapshotItem.objects.filter(snapshot=snapshot).select_related(
        "prompt", "judgment__task__prompt", "judgment__assignment__membership", "judgment__external_labeler",
        "judgment__ranking", "judgment__ratings", "judgment__demonstration__completion",
    )  # fmt: skip
    return Paginator(items.order_by("line"), PAGE_SIZE).get_page(number)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record in a list: its prompt, what was asked last, and the judgment where it is one."""

    prompt: Prompt
    last_message: str
    judgment: Judgment | None
    consensus: SnapshotConsensus | None = None

    @property
    def overall(self) -> list[Any]:
        """Of what was rated the overall quality of each text; a dash where it was not given."""
        ratings = getattr(self.judgment, "ratings", None)
        return [rating.get("overall", "–") for rating in ratings.values] if ratings else []


def records_of(page: Page[Any]) -> list[RecordRow]:
    rows = []
    for item in page.object_list:
        if isinstance(item, SnapshotConsensus):
            own = item.task.prompt
            rows.append(RecordRow(own, messages_of(own)[-1]["content"], None, item))
            continue
        prompt = item.prompt if item.judgment is None else item.judgment.task.prompt
        assert prompt is not None
        rows.append(RecordRow(prompt, messages_of(prompt)[-1]["content"], item.judgment))
    return rows
