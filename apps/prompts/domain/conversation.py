"""What a prompt's conversation must look like."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.core.domain.canonical import content_hash
from apps.core.domain.errors import RuleBroken

ROLES = ("system", "user", "assistant")


def clean_messages(value: Any) -> list[dict[str, str]]:
    """Messages of `role` and `content`, checked: at most one system message, first; the last is a user's.

    Contents are kept exactly as given. Raises RuleBroken that names the message and the rule.
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise RuleBroken("messages: a non-empty list of messages is needed.", field="messages")
    messages = [_clean_message(index, message) for index, message in enumerate(value)]
    for index, message in enumerate(messages[1:], start=1):
        if message["role"] == "system":
            raise RuleBroken(f"messages[{index}].role: a system message comes first.", field=f"messages[{index}].role")
    if messages[-1]["role"] != "user":
        raise RuleBroken("messages: the last message is the user's.", field="messages")
    if not messages[-1]["content"].strip():
        raise RuleBroken("messages: the last message is empty.", field="messages")
    return messages


def _clean_message(index: int, message: Any) -> dict[str, str]:
    where = f"messages[{index}]"
    if not isinstance(message, Mapping):
        raise RuleBroken(f"{where}: an object with role and content is needed.", field=where)
    if message.get("role") not in ROLES:
        raise RuleBroken(f"{where}.role: one of {', '.join(ROLES)} is needed.", field=f"{where}.role")
    if extra := set(message) - {"role", "content"}:
        raise RuleBroken(f"{where}.{min(extra)}: only role and content are known.", field=f"{where}.{min(extra)}")
    return {"content": clean_text(message.get("content"), f"{where}.content"), "role": message["role"]}


def clean_text(value: Any, where: str) -> str:
    """A text that PostgreSQL can hold, exactly as given. Raises RuleBroken that names `where`."""
    if not isinstance(value, str):
        raise RuleBroken(f"{where}: a text is needed.", field=where)
    if "\x00" in value:
        raise RuleBroken(f"{where}: holds a NUL character.", field=where)
    try:
        value.encode()
    except UnicodeEncodeError as error:  # a lone surrogate from a \ud800 escape
        raise RuleBroken(f"{where}: holds half a character (a lone surrogate).", field=where) from error
    return value


def conversation_hash(messages: list[dict[str, str]], context: str | None) -> str:
    """What makes two prompts of a project the same one."""
    return content_hash({"messages": messages, "context": context})
