"""Examples as a page shows them: by the prompt's last message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.prompts.models import Prompt
from apps.prompts.selectors import messages_of


@dataclass(frozen=True)
class Shown:
    """`asked` is None of a sensitive prompt: nobody meets such words in a list."""

    prompt: str
    task: str
    asked: str | None
    opposite: int
    compared: int


def examples_shown(examples: Sequence[Mapping[str, Any]]) -> list[Shown]:
    found = {str(one.uid): one for one in Prompt.objects.filter(uid__in=[one["prompt"] for one in examples])}
    return [
        Shown(one["prompt"], one["task"], _asked(found[one["prompt"]]), one["opposite"], one["compared"])
        for one in examples
        if one["prompt"] in found
    ]


def _asked(prompt: Prompt) -> str | None:
    return None if prompt.sensitive else messages_of(prompt)[-1]["content"]
