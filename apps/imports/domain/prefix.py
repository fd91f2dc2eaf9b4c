"""Near duplicates by a long common prefix (InstructGPT, A.2): the last user message, compared character by character."""

import hashlib
from collections.abc import Sequence
from uuid import UUID


def prefix_of(messages: Sequence[dict[str, str]], characters: int) -> str | None:
    """The beginning of the last message; None where that is too short to share so long a prefix with another."""
    text = messages[-1]["content"]
    return text[:characters] if len(text) >= characters else None


def prefix_digest(project_id: int, characters: int, prefix: str) -> UUID:
    """Equal for equal beginnings of a project's prompts. `services/marks.py` computes the same in SQL."""
    return UUID(bytes=hashlib.sha256(f"{project_id}:{characters}:{prefix}".encode()).digest()[:16])
