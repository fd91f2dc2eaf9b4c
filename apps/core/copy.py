"""Many rows at once by COPY: the quickest way into PostgreSQL, past the planner and without a statement a row.

A row is made by hand in COPY's binary format (PostgreSQL's manual, COPY, "Binary Format"): a `row_of` its cells, and a
cell is its length and the value's bytes, so that no text is searched for characters to escape, and none is parsed
again. A cell of another type than its column's is refused by PostgreSQL. Unlike `bulk.rows_insert` it leaves nothing
out: a row that is there already is a violation of its constraint, and the whole transaction goes.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from django.db import connection, models

NULL = b"\xff\xff\xff\xff"
TRUE, FALSE = b"\0\0\0\1\1", b"\0\0\0\1\0"
# The keys of their types in PostgreSQL's catalogue (pg_type.dat), which an array names.
_INT2, _INT8, _VARCHAR = 21, 20, 1043
_BEGIN, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
# What travels at once: while PostgreSQL stores a piece, Python writes the next.
_PIECE = 256 * 1024

Value = TypeVar("Value")

_length = struct.Struct("!i").pack
_count = struct.Struct("!h").pack
_bigint = struct.Struct("!iq").pack
_smallint = struct.Struct("!ih").pack
_keys = struct.Struct("!hiqi16siq").pack
_array = struct.Struct("!iiiiii").pack
_NONE = {element: struct.pack("!iiii", 12, 0, 0, element) for element in (_INT2, _INT8, _VARCHAR)}


def row_of(*cells: bytes) -> bytes:
    """A row of these cells, one for each column."""
    return _count(len(cells)) + b"".join(cells)


def keyed_row_of(id: int, uid: bytes, owner: int, *cells: bytes) -> bytes:
    """A row that begins with its id, its uid and the id of what it belongs to: in one step, for most rows begin so."""
    return _keys(3 + len(cells), 8, id, 16, uid, 8, owner) + b"".join(cells)


def text(value: str) -> bytes:
    return utf8(value.encode())


@lru_cache(1024)
def label(value: str) -> bytes:
    """The same, for one of few texts that come again and again."""
    return text(value)


def utf8(value: bytes) -> bytes:
    """A text by its bytes."""
    return _length(len(value)) + value


def optional(value: str | None) -> bytes:
    """The same, for a column that may be null."""
    return NULL if value is None else text(value)


def bigint(value: int) -> bytes:
    return _bigint(8, value)


def smallint(value: int) -> bytes:
    return _smallint(2, value)


def boolean(value: bool) -> bytes:
    return TRUE if value else FALSE


def uuid(value: bytes) -> bytes:
    """A UUID by its sixteen bytes."""
    return b"\0\0\0\x10" + value


def moment(value: datetime) -> bytes:
    """A timestamp with a time zone: microseconds since the year 2000 began."""
    return _bigint(8, (value - _EPOCH) // timedelta(microseconds=1))


def json_cell(value: Any) -> bytes:
    """A JSON value, or null where there is none. The first byte is jsonb's version."""
    if value is None:
        return NULL
    plain = orjson.dumps(value)
    return _length(1 + len(plain)) + b"\1" + plain


def text_array(values: Sequence[str | None]) -> bytes:
    """An array of `varchar`."""
    return _array_of(_VARCHAR, values, optional)


def bigint_array(values: Sequence[int]) -> bytes:
    return _array_of(_INT8, values, bigint)


def smallint_array(values: Sequence[int]) -> bytes:
    return _array_of(_INT2, values, smallint)


def rows_copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[bytes]) -> int:
    """Store `rows`, each with a cell for each of `columns`. How many they were.

    Columns left out get the database's default, not the field's. Raises IntegrityError, with the constraint's name,
    when one of them breaks a rule.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f"COPY {model._meta.db_table} ({names}) FROM STDIN (FORMAT binary)", _Pieces(rows), _PIECE)
        return int(cursor.rowcount)


class _Pieces:
    """Rows as a file: every `read` gives as many as make a piece."""

    def __init__(self, rows: Iterable[bytes]) -> None:
        self._rows = iter(rows)
        self._begin, self._end = _BEGIN, _END

    def read(self, size: int = -1) -> bytes:
        piece, length = [self._begin], 0
        self._begin = b""
        for row in self._rows:
            piece.append(row)
            length += len(row)
            if 0 <= size <= length:
                break
        else:
            piece.append(self._end)
            self._end = b""
        return b"".join(piece)


def _array_of(element: int, values: Sequence[Value], cell: Callable[[Value], bytes]) -> bytes:
    """One dimension, counted from one."""
    if not values:
        return _NONE[element]
    cells = b"".join(map(cell, values))
    return _array(20 + len(cells), 1, int(None in values), element, len(values), 1) + cells
