"""Files as numbered rows. Everything streams: what is in memory is one row, one chunk, one Parquet batch.

A row's `number` is its line in the file (JSON lines), its place from 1 (in one JSON array, in Parquet), or the line its
record begins on (CSV, the header being line 1). Several rows may have one number, where an object of another
program's file holds several prompts; they follow each other.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from apps.core.domain.errors import RuleBroken

from ..domain.columns import Columns, columns_for
from .argilla import argilla_rows
from .chunks import BrokenOff, Readable, Unreadable, file_chunks, laid_down, plain_chunks, stream_chunks
from .csv_rows import csv_rows
from .documents import object_of, shaped_rows
from .hh import hh_rows
from .jsonl import jsonl_rows
from .label_studio import label_studio_rows
from .mapping import mapped_line
from .oasst import oasst_rows
from .parquet import parquet_rows
from .row import Row

__all__ = [
    "BrokenOff", "Readable", "Row", "Unreadable", "file_chunks", "file_rows", "laid_down", "plain_chunks",
    "stream_chunks",
]  # fmt: skip


def file_rows(
    format: str,
    chunks: Iterator[bytes],
    *,
    after: int = 0,
    tick: Callable[[], None] | None = None,
    columns: Any = None,
) -> Iterator[Row]:
    """The rows of a file of that format, those up to line `after` left out.

    `tick` is called now and again while a Parquet file, which takes no chunks any more, is read on.
    `columns` is the import's option of that name: which of the file's columns means what.

    Raises Unreadable when it is no such file, or the mapping does not fit, BrokenOff when it ends too early.
    """
    try:
        mapping = columns_for(format, columns)
    except RuleBroken as broken:
        raise Unreadable(broken.message) from broken
    line_of = None if mapping is None else partial(mapped_line, columns=mapping)
    match format:
        case "jsonl":
            return jsonl_rows(chunks, after) if mapping is None else _mapped_rows(chunks, after, mapping)
        case "csv":
            return csv_rows(chunks, after, line_of)
        case "parquet":
            return parquet_rows(chunks, after, tick, line_of)
        case "label-studio":
            return label_studio_rows(chunks, after, mapping)
        case "argilla":
            return argilla_rows(chunks, after, mapping)
        case "hh":
            return hh_rows(chunks, after)
        case "oasst":
            return oasst_rows(chunks, after)
    raise Unreadable(f"There is no reader of {format}.")


def _mapped_rows(chunks: Iterator[bytes], after: int, columns: Columns) -> Iterator[Row]:
    """JSON objects, one a line or in one array."""
    return shaped_rows(chunks, after, lambda value: iter([mapped_line(object_of(value), columns)]))
