"""Imported prompts and completions as rows of COPY. The caller reserves the ids and sees to it that all are new."""

from collections.abc import Iterable, Sequence
from typing import Any

from apps.core.copy import json_cell, optional, rows_copy, text, text_array

from .models import Completion, Prompt

_PROMPT = (
    "id", "uid", "project_id", "messages", "context", "use_case", "sensitive", "language", "source", "metadata",
    "source_key", "split", "content_sha256", "external_ids",
)  # fmt: skip
_COMPLETION = ("id", "uid", "prompt_id", "body", "body_sha256", "origin", "finish_reason", "source_name")


def prompt_row(
    *, id: int, uid: str, project_id: int, messages: str, context: str | None, use_case: str, sensitive: bool,
    language: str, source: Any, metadata: dict[str, Any], source_key: str, split: str, content_sha256: str,
    external_ids: Sequence[str],
) -> str:  # fmt: skip
    """A prompt; `messages` is its canonical JSON."""
    return (
        f"{id}\t{uid}\t{project_id}\t{text(messages)}\t{optional(context)}\t{text(use_case)}\t"
        f"{'t' if sensitive else 'f'}\t{text(language)}\t{json_cell(source)}\t{json_cell(metadata)}\t{source_key}\t{split}\t"
        f"{content_sha256}\t{text_array(external_ids) if external_ids else '{}'}\n"
    )


def completion_row(*, id: int, uid: str, prompt_id: int, body: str, sha256: str, model: str | None) -> str:
    """An imported completion; `model` is the label it came with."""
    return (
        f"{id}\t{uid}\t{prompt_id}\t{text(body)}\t{sha256}\t{Completion.Origin.EXTERNAL.value}\t\t{optional(model)}\n"
    )


def prompts_copy(rows: Iterable[str]) -> int:
    return rows_copy(Prompt, _PROMPT, rows)


def completions_copy(rows: Iterable[str]) -> int:
    return rows_copy(Completion, _COMPLETION, rows)
