"""Files as a program sends them to the API."""

import io
import json
from pathlib import Path
from typing import Any

from django.http import HttpResponse

from tests.api.client import Caller

SHAPES = Path(__file__).parent / "data" / "shapes.jsonl"
PAIR = [{"id": "1", "model": "a", "text": "x"}, {"id": "2", "model": "b", "text": "y"}]


def send(
    caller: Caller,
    lines: list[Any] | bytes,
    query: str = "",
    content_type: str = "application/x-ndjson",
    **headers: str,
) -> HttpResponse:
    body = lines if isinstance(lines, bytes) else "\n".join(json.dumps(line) for line in lines).encode()
    return caller.client.post(
        f"/api/v1/projects/clinic/imports/{query}",
        data=body,
        content_type=content_type,
        headers={"Authorization": f"Token {caller.token}", **headers},
    )


def stream(caller: Caller, body: bytes, **environ: str) -> HttpResponse:
    """A request whose body comes as a server hands it on."""
    return caller.client.generic(
        "POST", "/api/v1/projects/clinic/imports/", b"", CONTENT_TYPE="application/x-ndjson",
        headers={"Authorization": f"Token {caller.token}"}, **{"wsgi.input": io.BytesIO(body), **environ},
    )  # fmt: skip


def counts(answer: HttpResponse) -> dict[str, int]:
    names = (
        "lines",
        "prompts",
        "completions",
        "rankings",
        "demonstrations",
        "tasks_created",
        "duplicates",
        "errors_total",
    )
    return {name: answer.json()[name] for name in names if answer.json()[name]}


def ranked(labeler: str, ranks: list[int], **keys: Any) -> dict[str, Any]:
    return {"prompt": "Hi?", "completions": PAIR, "rankings": [{"labeler": labeler, "ranks": ranks}], **keys}
