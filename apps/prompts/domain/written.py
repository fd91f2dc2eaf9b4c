"""A prompt that a labeler wrote, of InstructGPT's plain kind: any task, with enough diversity (A.1)."""

from dataclasses import dataclass
from typing import Any

from apps.core.domain.canonical import canonical_text
from apps.core.domain.errors import RuleBroken

from .conversation import clean_text, conversation_hash
from .use_cases import USE_CASES

TEXT_MAX = 20_000
CONTEXT_MAX = 100_000


@dataclass(frozen=True, slots=True)
class WrittenPrompt:
    text: str
    context: str | None
    use_case: str
    sensitive: bool

    @property
    def messages(self) -> list[dict[str, str]]:
        return [{"content": self.text, "role": "user"}]

    @property
    def canonical_messages(self) -> str:
        return canonical_text(self.messages)

    @property
    def content_sha256(self) -> str:
        return conversation_hash(self.messages, self.context)


def clean_written(*, text: Any, context: Any, use_case: Any, sensitive: bool) -> WrittenPrompt:
    """What was entered, checked; blank lines at either end are no part of it. Raises RuleBroken by field."""
    if use_case not in USE_CASES:
        raise RuleBroken(f"use_case: one of {', '.join(USE_CASES)}.", field="use_case")
    asked = _clean(text, "text", TEXT_MAX)
    if not asked:
        raise RuleBroken("text: write what somebody would ask the assistant.", field="text", code="empty_text")
    return WrittenPrompt(asked, _clean(context or "", "context", CONTEXT_MAX) or None, use_case, sensitive)


def _clean(value: Any, field: str, limit: int) -> str:
    cleaned = clean_text(value, field).replace("\r\n", "\n").strip()
    if len(cleaned) > limit:
        raise RuleBroken(f"{field}: at most {limit} characters; this one has {len(cleaned)}.", field=field)
    return cleaned
