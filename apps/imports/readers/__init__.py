"""Files as numbered rows. Everything streams: what is in memory is one row, one chunk, one Parquet batch.

A row's `number` is its line in the file (JSONL), the line its record begins on (CSV, the header being
line 1), or its place (Parquet, from 1).
"""

from collections.abc import Callable, Iterator

from .chunks import BrokenOff, Readable, Unreadable, plain_chunks, stream_chunks
from .csv_rows import csv_rows
from .jsonl import jsonl_rows
from .parquet import parquet_rows
from .row import Row

__all__ = ["BrokenOff", "Readable", "Row", "Unreadable", "file_rows", "plain_chunks", "stream_chunks"]

_READERS = {"jsonl": jsonl_rows, "csv": csv_rows}


def file_rows(
    format: str, chunks: Iterator[bytes], *, after: int = 0, tick: Callable[[], None] | None = None
) -> Iterator[Row]:
    """The rows of a file of that format, those up to line `after` left out.

    `tick` is called now and again while a Parquet file, which takes no chunks any more, is read on.

    Raises Unreadable when it is no such file, BrokenOff when it ends too early.
    """
    if format == "parquet":
        return parquet_rows(chunks, after, tick)
    return _READERS[format](chunks, after)
