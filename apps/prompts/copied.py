"""Imported prompts and completions as rows of COPY. The caller reserves the ids and sees to it that all are new."""

from collections.abc import Iterable, Sequence
from typing import Any

from apps.core.copy import NULL, boolean, json_cell, keyed_row_of, label, optional, rows_copy, text, text_array, utf8

from .models import Completion, Prompt

_PROMPT = (
    "id", "uid", "project_id", "messages", "context", "use_case", "sensitive", "language", "source", "metadata",
    "source_key", "split", "content_sha256", "external_ids",
)  # fmt: skip
_COMPLETION = ("id", "uid", "prompt_id", "body", "body_sha256", "origin", "finish_reason", "source_name")


_EXTERNAL, _UNTOLD = text(Completion.Origin.EXTERNAL.value), text("")


def prompt_row(
    *, id: int, uid: bytes, project_id: int, messages: bytes, context: str | None, use_case: str, sensitive: bool,
    language: str, source: Any, metadata: dict[str, Any], source_key: str, split: str, content_sha256: str,
    external_ids: Sequence[str],
) -> bytes:  # fmt: skip
    """A prompt; `messages` is its canonical JSON."""
    return keyed_row_of(
        id, uid, project_id, utf8(messages), optional(context), label(use_case), boolean(sensitive), label(language),
        json_cell(source), json_cell(metadata), text(source_key), label(split), text(content_sha256),
        text_array(external_ids),
    )  # fmt: skip


def completion_row(*, id: int, uid: bytes, prompt_id: int, body: str, sha256: str, model: str | None) -> bytes:
    """An imported completion; `model` is the label it came with."""
    named = NULL if model is None else label(model)
    return keyed_row_of(id, uid, prompt_id, text(body), text(sha256), _EXTERNAL, _UNTOLD, named)


def prompts_copy(rows: Iterable[bytes]) -> int:
    return rows_copy(Prompt, _PROMPT, rows)


def completions_copy(rows: Iterable[bytes]) -> int:
    return rows_copy(Completion, _COMPLETION, rows)
