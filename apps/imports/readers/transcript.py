"""Conversations as others write them: message lists under other names, and transcripts of HH-RLHF.

A transcript is one text, `\\n\\nHuman: ...\\n\\nAssistant: ...` and so on; what stands before the first speaker is a
system message.
"""

import re
from collections.abc import Mapping
from typing import Any

from apps.core.domain.errors import RuleBroken

Message = dict[str, Any]
_SPEAKER = re.compile(r"(?:^|\n\n)(Human|Assistant):")
_ROLES = {
    "human": "user", "user": "user", "prompter": "user", "customer": "user", "client": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "chatbot": "assistant", "model": "assistant",
    "ai": "assistant", "agent": "assistant", "system": "system",
}  # fmt: skip


def messages_of(value: str | list[Any], where: str = "messages") -> list[Message]:
    """A text as one user message, a list with `role`/`content`, `from`/`value` or `author`/`text` as messages."""
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    return [_message(one, f"{where}[{index}]") for index, one in enumerate(value)]


def _message(value: Any, where: str) -> Message:
    if not isinstance(value, Mapping):
        raise RuleBroken(f"{where}: an object with role and content is needed.", field=where)
    role = next((value[name] for name in ("role", "from", "author", "speaker") if name in value), None)
    text = next((value[name] for name in ("content", "value", "text") if name in value), None)
    known = _ROLES.get(role.strip().lower()) if isinstance(role, str) else None
    if known is None:
        raise RuleBroken(f"{where}.role: {str(role)[:40]!r} is no speaker that is known here.", field=f"{where}.role")
    return {"role": known, "content": text}


def is_transcript(value: Any) -> bool:
    return isinstance(value, str) and _SPEAKER.search(value) is not None


def transcript_messages(text: Any, where: str) -> list[Message]:
    """A transcript's turns. One space after the speaker's name belongs to the format; an empty last turn of the
    human is only its label. Raises RuleBroken where it is none."""
    if not is_transcript(text):
        raise RuleBroken(
            f"{where}: a transcript of turns that begin with Human: and Assistant: is needed.",
            field=where, code="not_a_transcript",
        )  # fmt: skip
    head, *turns = _SPEAKER.split(text)
    messages = [{"role": "system", "content": head}] if head.strip() else []
    for speaker, said in zip(turns[::2], turns[1::2], strict=True):
        messages.append({"role": _ROLES[speaker.lower()], "content": said.removeprefix(" ")})
    if len(messages) > 1 and messages[-1]["role"] == "user" and not messages[-1]["content"].strip():
        messages.pop()
    return messages


def two_replies(chosen: Any, rejected: Any, prompt: list[Message] | None) -> tuple[list[Message], str, str]:
    """The prompt and the two replies of a preference, of which each side is a reply, messages or a transcript."""
    better, worse = _side(chosen, "chosen", prompt), _side(rejected, "rejected", prompt)
    if better[0] != worse[0]:
        raise RuleBroken(
            "rejected: parts from chosen before the last reply, so the two do not answer one prompt.",
            field="rejected", code="different_prompts",
        )  # fmt: skip
    return better[0], better[1], worse[1]


def _side(value: Any, where: str, prompt: list[Message] | None) -> tuple[list[Message], str]:
    if isinstance(value, str) and prompt is not None:
        return prompt, value
    messages = messages_of(value, where) if isinstance(value, list) else transcript_messages(value, where)
    if not messages or messages[-1]["role"] != "assistant":
        raise RuleBroken(f"{where}: the assistant's reply is not its last message.", field=where)
    *before, reply = messages
    if prompt is not None and before not in ([], prompt):
        raise RuleBroken(f"{where}: begins otherwise than the prompt.", field=where, code="different_prompts")
    return before or prompt or [], reply["content"]
