"""HH-RLHF: `{"chosen": transcript, "rejected": transcript}`, two replies to one conversation, ranked by a crowd."""

from collections.abc import Iterator
from typing import Any

from apps.core.domain.errors import RuleBroken

from .documents import object_of, shaped_rows
from .row import Row
from .transcript import two_replies

# Whose choice it was is not in the files: a crowd's, so no person's.
CROWD = {"labeler": "hh-crowd", "kind": "pool"}


def hh_rows(chunks: Iterator[bytes], after: int = 0) -> Iterator[Row]:
    return shaped_rows(chunks, after, _lines)


def _lines(value: Any) -> Iterator[dict[str, Any] | RuleBroken]:
    pair = object_of(value)
    for name in ("chosen", "rejected"):
        if name not in pair:
            raise RuleBroken(f"{name}: the line has none.", field=name)
    messages, better, worse = two_replies(pair["chosen"], pair["rejected"], None)
    yield {
        "messages": messages,
        "completions": [{"text": better}, {"text": worse}],
        "rankings": [{**CROWD, "ranks": [1, 2]}],
        "metadata": {name: inner for name, inner in pair.items() if name not in ("chosen", "rejected")},
    }
