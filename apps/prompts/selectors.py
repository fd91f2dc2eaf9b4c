"""Reads about prompts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from apps.core.domain.errors import NotFound, RuleBroken
from apps.projects.models import JudgmentSchema, Membership, Project

from .domain.use_cases import INSTRUCTGPT_SHARES
from .models import Completion, Prompt


@dataclass(frozen=True, slots=True)
class PromptView:
    """What a person who judges may see of a prompt: nothing of its source."""

    messages: list[dict[str, str]]
    context: str | None
    use_case: str
    sensitive: bool


def prompt_view(prompt: Prompt) -> PromptView:
    return PromptView(
        messages=messages_of(prompt), context=prompt.context, use_case=prompt.use_case, sensitive=prompt.sensitive
    )


def messages_of(prompt: Prompt) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = json.loads(prompt.messages)
    return messages


def bodies_in_order(completion_ids: list[int]) -> list[str]:
    """The texts of those completions, in that order. One query."""
    bodies = dict(Completion.objects.filter(pk__in=completion_ids).values_list("pk", "body"))
    return [bodies[pk] for pk in completion_ids]


PROMPTS_AT_ONCE = 10_000


def prompts_matching(
    project: Project, *, uids: list[Any] | None = None, written: bool | None = None, **filters: Any
) -> list[Prompt]:
    """The project's prompts by uid, or by `use_case`, `split`, `language`; oldest first, without their texts.

    `written`: those that labelers wrote, or those that came otherwise.

    Raises RuleBroken on a uid that is not there, and on more than PROMPTS_AT_ONCE.
    """
    found = Prompt.objects.filter(project=project, **filters).defer("messages", "context", "source", "metadata")
    if uids is not None:
        found = found.filter(uid__in=uids)
    if written is not None:
        found = found.filter(author__isnull=not written)
    prompts = list(found.order_by("id")[: PROMPTS_AT_ONCE + 1])
    if len(prompts) > PROMPTS_AT_ONCE:
        raise RuleBroken(f"prompts: more than {PROMPTS_AT_ONCE} match; narrow the filter.", field="prompts")
    if unknown := set(map(str, uids or [])) - {str(prompt.uid) for prompt in prompts}:
        raise RuleBroken(
            f"prompts: {min(unknown)} is no prompt of this project.", field="prompts", code="unknown_prompt"
        )
    return prompts


def prompt_writing_is_on(project: Project) -> bool:
    """Whether the schema in force asks labelers for prompts (`parts.prompt_writing`). One row's one value."""
    published = JudgmentSchema.objects.filter(project=project, published_at__isnull=False).order_by("-number")
    return published.values_list("body__parts__prompt_writing", flat=True).first() is True


def written_by(member: Membership) -> QuerySet[Prompt]:
    """The prompts that `member` wrote, newest first."""
    return Prompt.objects.filter(author=member).order_by("-id")


@dataclass(frozen=True, slots=True)
class WrittenRow:
    prompt: Prompt
    text: str


def written_rows(prompts: Iterable[Prompt]) -> list[WrittenRow]:
    return [WrittenRow(prompt, messages_of(prompt)[-1]["content"]) for prompt in prompts]


@dataclass(frozen=True, slots=True)
class Variety:
    """How many of a labeler's prompts are of one use case; shares in percent."""

    use_case: str
    count: int
    share: int
    instructgpt: float


def diversity_of(member: Membership) -> list[Variety]:
    """`member`'s prompts by use case, in InstructGPT's order: also those of which there is none yet."""
    counted = Prompt.objects.filter(author=member).order_by().values_list("use_case").annotate(n=Count("pk"))
    counts = dict(counted)
    total = sum(counts.values())
    return [
        Variety(name, counts.get(name, 0), round(100 * counts.get(name, 0) / max(1, total)), share)
        for name, share in INSTRUCTGPT_SHARES.items()
    ]


def prompts_told(project: Project) -> QuerySet[Prompt]:
    """The project's prompts with their authors, newest first."""
    return Prompt.objects.filter(project=project).select_related("author").order_by("-id")


def prompt_told(project: Project, uid: Any) -> Prompt:
    prompt = prompts_told(project).filter(uid=uid).first()
    if prompt is None:
        raise NotFound("There is no such prompt in this project.")
    return prompt


def completions_told(prompt: Prompt) -> QuerySet[Completion]:
    """What was written to `prompt`, with who or what wrote it, newest first."""
    rows = Completion.objects.filter(prompt=prompt)
    return rows.select_related("model_version", "generation_run", "member").order_by("-id")
