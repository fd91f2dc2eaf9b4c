"""Reads about prompts."""

import json
from dataclasses import dataclass
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.projects.models import Project

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


def prompts_matching(project: Project, *, uids: list[Any] | None = None, **filters: Any) -> list[Prompt]:
    """The project's prompts by uid, or by `use_case`, `split`, `language`; oldest first, without their texts.

    Raises RuleBroken on a uid that is not there, and on more than PROMPTS_AT_ONCE.
    """
    found = Prompt.objects.filter(project=project, **filters).defer("messages", "context", "source", "metadata")
    if uids is not None:
        found = found.filter(uid__in=uids)
    prompts = list(found.order_by("id")[: PROMPTS_AT_ONCE + 1])
    if len(prompts) > PROMPTS_AT_ONCE:
        raise RuleBroken(f"prompts: more than {PROMPTS_AT_ONCE} match; narrow the filter.", field="prompts")
    if unknown := set(map(str, uids or [])) - {str(prompt.uid) for prompt in prompts}:
        raise RuleBroken(
            f"prompts: {min(unknown)} is no prompt of this project.", field="prompts", code="unknown_prompt"
        )
    return prompts
