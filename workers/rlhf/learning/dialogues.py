"""Conversations to pretrain on: a line of dialogues.jsonl is {"messages": [{"role", "content"}, ...]}, a reply last."""

import json
from pathlib import Path
from typing import Any

from apps.datasets.domain.records import Message
from workers.rlhf.frame.errors import BadInput

ROLES = ("system", "user", "assistant")


def read_dialogues(path: Path) -> list[list[Message]]:
    """The file's dialogues, in order. Raises BadInput that names the line and the rule."""
    with path.open("rb") as file:
        found = [_dialogue(line, f"{path.name}: line {number}", path.name) for number, line in enumerate(file, start=1)]
    if not found:
        raise BadInput(path.name, f"{path.name}: there is no dialogue.")
    return found


def _dialogue(line: bytes, place: str, name: str) -> list[Message]:
    try:
        given: Any = json.loads(line)
    except ValueError as error:
        raise BadInput(name, f"{place}: not JSON: {error}.") from error
    messages = given.get("messages") if isinstance(given, dict) else None
    if not isinstance(messages, list) or len(messages) < 2 or not all(map(_is_message, messages)):
        raise BadInput(
            name, f'{place}: "messages" must hold two or more objects of a role ({", ".join(ROLES)}) and a content.'
        )
    if messages[-1]["role"] != "assistant":
        raise BadInput(name, f"{place}: the last message must be the assistant's: its end is what ends a reply.")
    return [{"role": one["role"], "content": one["content"]} for one in messages]


def _is_message(given: Any) -> bool:
    return isinstance(given, dict) and given.get("role") in ROLES and isinstance(given.get("content"), str)
