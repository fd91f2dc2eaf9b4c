"""What somebody holds in their hand (a uid, an external id, an exported line) as a row of the project."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Value

from apps.core.domain.canonical import content_hash, sha256_hex
from apps.core.domain.errors import NotFound, RuleBroken
from apps.imports.readers.transcript import two_replies
from apps.labeling.models import Judgment, Task
from apps.projects.models import Project
from apps.prompts.models import Completion, Prompt

# What an exported line calls the row that it is of, the nearest first.
LINE_KEYS = ("ranking_uid", "judgment_uid", "demonstration_uid", "uid", "completion_uid", "task_uid", "prompt_uid")
LINE_MAX = 4 * 1024 * 1024
# So many paragraphs of a system message are tried as the one after which a context begins.
CUTS_MAX = 50


@dataclass(frozen=True, slots=True)
class Found:
    """`kind` is judgment, task, completion or prompt."""

    kind: str
    pk: int
    uid: UUID


def found_by_uid(project: Project, uid: UUID) -> Found:
    """The project's row of that uid. One query."""
    rows = [
        rows.filter(uid=uid).order_by().values_list("pk", "uid", Value(kind))
        for kind, rows in (
            ("judgment", Judgment.objects.filter(task__project=project)),
            ("task", Task.objects.filter(project=project)),
            ("completion", Completion.objects.filter(prompt__project=project)),
            ("prompt", Prompt.objects.filter(project=project)),
        )
    ]
    for pk, found, kind in rows[0].union(*rows[1:], all=True):
        return Found(kind, pk, found)
    raise NotFound("Nothing in this project has that uid.")


def found_by_external_id(project: Project, external_id: str) -> Found:
    """The newest task that came of a line of that name, else the prompt that carries it."""
    task = Task.objects.filter(project=project, external_id=external_id).order_by("-id").first()
    if task is not None:
        return Found("task", task.pk, task.uid)
    prompt = Prompt.objects.filter(project=project, external_ids__contains=[external_id]).order_by("-id").first()
    if prompt is None:
        raise NotFound("Nothing in this project was imported under that id.")
    return Found("prompt", prompt.pk, prompt.uid)


def found_by_line(project: Project, text: str) -> Found:
    """The row that an exported line is of. Raises RuleBroken where it is no line, or says too little."""
    line = _object(text)
    for name in LINE_KEYS:
        if (uid := _uid(line.get(name))) is not None:
            return found_by_uid(project, uid)
    if (found := _by_words(project, line)) is not None:
        return found
    raise RuleBroken(
        f"line: it carries none of {', '.join(LINE_KEYS)}, and no reply of this project reads like it.",
        field="line", code="unknown_line",
    )  # fmt: skip


def _object(text: str) -> Mapping[str, Any]:
    if len(text) > LINE_MAX:
        raise RuleBroken(f"line: longer than {LINE_MAX} characters.", field="line")
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RuleBroken(
            "line: paste one whole line of a snapshot's file (a JSON object).", field="line", code="no_line"
        ) from error
    if not isinstance(line, dict):
        raise RuleBroken("line: one JSON object is needed.", field="line", code="no_line")
    return line


def _uid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _by_words(project: Project, line: Mapping[str, Any]) -> Found | None:
    """Lines of sft.jsonl and hh.jsonl have only words: the prompt is known by its hash, the reply by its own."""
    said = _said(line)
    if said is None:
        return None
    asked, reply = said
    try:
        prompt_hashes, reply_hash = [content_hash(one) for one in _as_kept(asked)], sha256_hex(reply)
    except (ValueError, TypeError):  # half a character has no bytes to hash
        return None
    rows = Completion.objects.filter(
        body_sha256=reply_hash, prompt__content_sha256__in=prompt_hashes, prompt__project=project
    ).order_by(F("demonstration").asc(nulls_last=True), "-id")
    hit = rows.values_list("pk", "uid").first()
    return Found("completion", *hit) if hit else None


def _as_kept(asked: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """The prompts that may be meant: these messages, or those whose context stands at the end of the system message."""
    yield {"messages": asked, "context": None}
    if asked and asked[0]["role"] == "system":
        parts = asked[0]["content"].split("\n\n")
        for cut in range(min(len(parts), CUTS_MAX)):
            system = [{"role": "system", "content": "\n\n".join(parts[:cut])}] if cut else []
            yield {"messages": [*system, *asked[1:]], "context": "\n\n".join(parts[cut:])}


def _said(line: Mapping[str, Any]) -> tuple[list[dict[str, str]], str] | None:
    """The conversation of such a line, and the reply that it ends with."""
    messages = line.get("messages")
    if isinstance(messages, list) and len(messages) >= 2 and all(map(_is_message, messages)):
        asked = [{"role": one["role"], "content": one["content"]} for one in messages[:-1]]
        return asked, messages[-1]["content"]
    if isinstance(line.get("chosen"), str) and isinstance(line.get("rejected"), str):
        try:
            asked, better, _ = two_replies(line["chosen"], line["rejected"], None)
        except RuleBroken:
            return None
        return asked, better
    return None


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("role", "content"))
