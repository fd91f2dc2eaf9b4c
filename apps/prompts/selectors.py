"""Reads about prompts."""

import json
from dataclasses import dataclass
from typing import Any

from apps.projects.models import Project

from .models import Completion, Prompt


@dataclass(frozen=True, slots=True)
class PromptView:
    """What a person who judges may see of a prompt: nothing of its source."""

    messages: list[dict[str, str]]
    context: str | None
    use_case: str


def prompt_view(prompt: Prompt) -> PromptView:
    return PromptView(messages=messages_of(prompt), context=prompt.context, use_case=prompt.use_case)


def messages_of(prompt: Prompt) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = json.loads(prompt.messages)
    return messages


def bodies_in_order(completion_ids: list[int]) -> list[str]:
    """The texts of those completions, in that order. One query."""
    bodies = dict(Completion.objects.filter(pk__in=completion_ids).values_list("pk", "body"))
    return [bodies[pk] for pk in completion_ids]


def prompts_matching(project: Project, *, uids: list[Any] | None = None, **filters: Any) -> list[Prompt]:
    """The project's prompts by uid, or by `use_case`, `split`, `language`; oldest first."""
    found = Prompt.objects.filter(project=project, **filters)
    if uids is not None:
        found = found.filter(uid__in=uids)
    return list(found.order_by("id"))
