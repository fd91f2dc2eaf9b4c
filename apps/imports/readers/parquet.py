"""Parquet, batch by batch. Nested columns or JSON in text columns, as `table.py` says."""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from apps.core.domain.errors import RuleBroken

from .chunks import Unreadable
from .row import Row, bad_row
from .table import LineOf, line_of_row

BATCH = 200
READ_AT_ONCE = 1024 * 1024  # of each column


def parquet_rows(
    chunks: Iterator[bytes], after: int = 0, tick: Callable[[], None] | None = None, line_of: LineOf | None = None
) -> Iterator[Row]:
    """One row for each record. The file is laid down on disk first: its directory is at its end.

    `tick` is called for each batch that is read from there, those left out too. `line_of` reads other columns than ours.
    """
    with tempfile.TemporaryFile() as file:
        for chunk in chunks:
            file.write(chunk)
        file.seek(0)
        yield from _rows(file, after, tick or (lambda: None), line_of)


def _rows(file: IO[bytes], after: int, tick: Callable[[], None], line_of: LineOf | None) -> Iterator[Row]:
    try:
        # Through a buffer, or all columns of a row group would be in memory at once: some files have a single group.
        table = pq.ParquetFile(file, memory_map=False, pre_buffer=False, buffer_size=READ_AT_ONCE)
        names = set(table.schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable(f"The file is not Parquet: {error}.") from error
    if line_of is None and not {"prompt", "messages"} & names:
        raise Unreadable("The table has no column prompt or messages.")
    number = 0
    try:
        for batch in table.iter_batches(batch_size=BATCH):
            tick()
            if number + batch.num_rows <= after:
                number += batch.num_rows
                continue
            for value in _values(batch):
                number += 1
                if number > after:
                    row = _row(number, value, batch.nbytes // batch.num_rows, line_of or line_of_row)
                    row.share = number / table.metadata.num_rows
                    yield row
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(f"The file is damaged after row {number}: {error}.") from error


def _values(batch: Any) -> Iterator[dict[str, Any] | Exception]:
    """The batch's records; the error of one that Python cannot hold: no UTF-8, a time beyond the year 9999."""
    try:
        yield from batch.to_pylist()
    except (ValueError, OverflowError):
        for index in range(batch.num_rows):
            try:
                yield batch.slice(index, 1).to_pylist()[0]
            except (ValueError, OverflowError) as error:
                yield error


def _row(number: int, value: dict[str, Any] | Exception, size: int, line_of: LineOf) -> Row:
    if isinstance(value, UnicodeDecodeError):
        return bad_row(number, "line: not UTF-8.", "not_utf8")
    if isinstance(value, Exception):
        return bad_row(number, f"line: holds a value that cannot be read: {value}.", "unreadable_value")
    try:
        return Row(number, line_of(_without_nulls(value)), size=size)
    except RuleBroken as broken:
        return Row(number, problem=broken)


def _without_nulls(value: Any) -> Any:
    """Columns have a value in every row, so a null in a nested one mostly means: not there."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value
