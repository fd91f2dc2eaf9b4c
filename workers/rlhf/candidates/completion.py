"""What a completion is, whoever writes it: its line, its seed, where it ends, and what stands before a prompt."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from apps.datasets.domain.records import Message


@dataclass(frozen=True, slots=True)
class Completion:
    """A line of completions.jsonl. `tokens` counts what was sampled, an end token and a stop text among it."""

    prompt_uid: str
    sample_index: int
    text: str
    finish_reason: str  # stop or length; an endpoint may say content_filter
    tokens: int
    seed: int


def sample_seed(seed: int, prompt_uid: str, sample_index: int) -> int:
    """What decides one completion: below 2**63."""
    digest = hashlib.sha256(f"{seed} {sample_index} {prompt_uid}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def cut_at(text: str, stops: Sequence[str]) -> str | None:
    """`text` before the first of `stops`, None where none stands in it."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else None


def with_system(messages: Sequence[Message], system_prompt: str) -> list[Message]:
    """The conversation with the run's system prompt first; a prompt's own system message stays, after it.

    It is part of what the prompt asks, and people who rank see it: a model that is not told it answers something else.
    """
    if not system_prompt:
        return list(messages)
    own = [message["content"] for message in messages if message["role"] == "system"]
    rest = [message for message in messages if message["role"] != "system"]
    return [{"role": "system", "content": "\n\n".join([system_prompt, *own])}, *rest]
