"""The same rows as Parquet. What has a fixed shape is nested columns, free JSON is JSON text."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from apps.core.domain.canonical import canonical_text

ROW_GROUP = 1000
_TEXT = pa.string()
_MESSAGES = pa.list_(pa.struct([("role", _TEXT), ("content", _TEXT)]))
_COMPLETIONS = pa.list_(
    pa.struct([(name, _TEXT) for name in ("uid", "external_id", "text", "origin", "model", "sampling")])
)

PAIRS = pa.schema(
    [("prompt", _MESSAGES), ("chosen", _MESSAGES), ("rejected", _MESSAGES),
     ("prompt_uid", _TEXT), ("ranking_uid", _TEXT), ("weight", pa.float64())]
)  # fmt: skip
SFT = pa.schema([("messages", _MESSAGES)])
# The columns of every derived Parquet file.
COLUMNS = {"pairs.parquet": PAIRS, "sft.parquet": SFT}

_PROMPT = [
    ("record", _TEXT), ("uid", _TEXT), ("prompt_uid", _TEXT), ("external_ids", pa.list_(_TEXT)), ("source", _TEXT),
    ("metadata", _TEXT), ("messages", _MESSAGES), ("context", _TEXT), ("use_case", _TEXT), ("language", _TEXT),
    ("split", _TEXT),
]  # fmt: skip
_JUDGMENT = [
    ("task_uid", _TEXT), ("prompt_flags", _TEXT), ("judged_use_case", _TEXT), ("note", _TEXT),
    ("labeler", pa.struct([("pseudonym", _TEXT), ("kind", _TEXT), ("cohort", _TEXT)])),
    ("guideline", pa.struct([("track", _TEXT), ("number", pa.int32())])), ("schema", pa.int32()),
    ("active_seconds", pa.int64()), ("rendering", _TEXT), ("surplus", pa.bool_()), ("imported", pa.bool_()),
    ("supersedes", _TEXT), ("submitted_at", _TEXT),
]  # fmt: skip
_TABLES = {
    "rankings": [
        ("completions", _COMPLETIONS), ("tiers", pa.list_(pa.int16())), ("ratings", _TEXT),
        ("shown_order", pa.list_(pa.int16())), ("proposal", pa.bool_()),
    ],
    "ratings": [("completions", _COMPLETIONS), ("ratings", _TEXT), ("shown_order", pa.list_(pa.int16()))],
    "demonstrations": [("completion_uid", _TEXT), ("text", _TEXT)],
    "prompts": [("sensitive", pa.bool_()), ("completions", _COMPLETIONS), ("candidate_sets", _TEXT)],
}  # fmt: skip
_CONSENSUS = [
    ("method", _TEXT), ("agreement", pa.float64()), ("reliability", pa.float64()), ("judgments", _TEXT),
    ("resolution", pa.struct([("uid", _TEXT), ("adjudicator", _TEXT), ("category", _TEXT)])),
]  # fmt: skip
_FREE = ("source", "metadata", "prompt_flags", "ratings", "candidate_sets", "judgments")


def records_table(kind: str, *, consensus: bool = False) -> Any:
    """`consensus`: its lines are rankings made of several judgments."""
    judgment = [] if kind == "prompts" else _JUDGMENT
    return pa.schema([*_PROMPT, *judgment, *_TABLES[kind], *(_CONSENSUS if consensus else [])])


def record_row(line: bytes) -> dict[str, Any]:
    """A line of a records file as a row of its table."""
    row: dict[str, Any] = orjson.loads(line)
    for name in _FREE:
        if row.get(name) is not None:
            row[name] = canonical_text(row[name])
    for completion in row.get("completions", ()):
        if completion["sampling"] is not None:
            completion["sampling"] = canonical_text(completion["sampling"])
    return row


def write_table(file: Any, schema: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows a group at a time."""
    stream: Iterator[dict[str, Any]] = iter(rows)
    with pq.ParquetWriter(pa.PythonFile(file, mode="w"), schema, compression="zstd") as writer:
        while group := list(islice(stream, ROW_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
