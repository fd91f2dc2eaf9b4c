"""Our common lines in the shapes of other programs' files, and bytes as rows."""

import json
from typing import Any

from apps.imports.domain.line import parse_line
from apps.imports.readers import file_rows

SPEAKERS = {"user": "Human", "assistant": "Assistant"}


def rows(data: bytes, format: str, *, size: int = 977, after: int = 0, columns: Any = None):
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    return list(file_rows(format, chunks, after=after, columns=columns))


def read(values: Any, format: str, *, columns: Any = None):
    """What a file of these objects, as one array, becomes: its lines, all acceptable, and its problems' fields."""
    found = rows(json.dumps(values).encode(), format, columns=columns)
    problems = [row.problem for row in found if row.problem is not None]
    return [parse_line(row.value) for row in found if row.problem is None], problems


def transcript(messages: list[dict[str, str]], reply: str) -> str:
    turns = [*messages, {"role": "assistant", "content": reply}]
    return "".join(f"\n\n{SPEAKERS[turn['role']]}: {turn['content']}" for turn in turns)


def hh_line(line: dict[str, Any]) -> dict[str, str]:
    """A pair as HH-RLHF has it: whole transcripts."""
    ranks = line["rankings"][0]["ranks"]
    texts = [one["text"] for _, one in sorted(zip(ranks, line["completions"], strict=True), key=lambda pair: pair[0])]
    return {"chosen": transcript(line["messages"], texts[0]), "rejected": transcript(line["messages"], texts[1])}


def oasst_tree(line: dict[str, Any]) -> dict[str, Any]:
    """A tree of one path, with the replies and the consensus at its end."""
    replies = [
        {
            "message_id": one["id"], "role": "assistant", "text": one["text"], "rank": rank - 1, "replies": [],
            "deleted": False, "lang": "en",
            **({"synthetic": False} if one["model"] == "human" else {"synthetic": True, "model_name": one["model"]}),
        }
        for one, rank in zip(line["completions"], line["rankings"][0]["ranks"], strict=True)
    ]  # fmt: skip
    uid = line["prompt_id"]
    for place, message in reversed(list(enumerate(line["messages"]))):
        node = {
            "message_id": uid if message is line["messages"][-1] else f"{uid}-{place}",
            "role": {"user": "prompter", "assistant": "assistant"}[message["role"]], "text": message["content"],
            "deleted": False, "lang": "en", "replies": replies, "rank": None,
        }  # fmt: skip
        replies = [node]
    return {"message_tree_id": f"tree-{uid}", "tree_state": "ready_for_export", "prompt": replies[0]}


def json_lines(values: list[Any]) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)
