"""Parquet, batch by batch. Nested columns or JSON in text columns, as `table.py` says."""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from apps.core.domain.errors import RuleBroken

from .chunks import Unreadable
from .packed_columns import packed_columns, unpacked_bytes
from .row import ROW_BYTES_MAX, Row, bad_row, too_long
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
        table = _opened(file)
        schema = table.schema_arrow
        table = _opened(file, read_dictionary=packed_columns(table.metadata, file, BATCH))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable(f"The file is not Parquet: {error}.") from error
    if line_of is None and not {"prompt", "messages"} & set(schema.names):
        raise Unreadable("The table has no column prompt or messages.")
    number = 0
    try:
        for batch in table.iter_batches(batch_size=BATCH):
            tick()
            if number + batch.num_rows <= after:
                number += batch.num_rows
                continue
            for value, size in _values(batch, schema):
                number += 1
                if number > after:
                    row = _row(number, value, size, line_of or line_of_row)
                    row.share = number / table.metadata.num_rows
                    yield row
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(f"The file is damaged after row {number}: {error}.") from error


def _opened(file: IO[bytes], **options: Any) -> Any:
    # Through a buffer, or all columns of a row group would be in memory at once: some files have a single group.
    return pq.ParquetFile(file, memory_map=False, pre_buffer=False, buffer_size=READ_AT_ONCE, **options)


def _values(batch: Any, schema: Any) -> Iterator[tuple[dict[str, Any] | Exception | None, int]]:
    """The batch's records with their sizes. None for one that is too long; the error of one that Python cannot hold: no
    UTF-8, a time beyond the year 9999."""
    size = sum(map(unpacked_bytes, batch.columns))
    if batch.num_rows > 1 and size > ROW_BYTES_MAX:  # one of them may be too long
        for index in range(batch.num_rows):
            yield from _values(batch.slice(index, 1), schema)
        return
    if size > ROW_BYTES_MAX:
        yield None, size
        return
    try:
        values = batch.cast(schema).to_pylist()
    except (ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            yield error, size
            return
        for index in range(batch.num_rows):
            yield from _values(batch.slice(index, 1), schema)
        return
    yield from ((value, size // batch.num_rows) for value in values)


def _row(number: int, value: dict[str, Any] | Exception | None, size: int, line_of: LineOf) -> Row:
    if value is None:
        return too_long(number)
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
