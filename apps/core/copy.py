"""Many rows at once by COPY: the quickest way into PostgreSQL, past the planner and without a statement a row.

A row is one line of COPY's text format, made by hand: `text` for what may hold anything, `NULL` for nothing, and
everything else as PostgreSQL writes it. Unlike `bulk.rows_insert` it leaves nothing out: a row that is there already
is a violation of its constraint, and the whole transaction goes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db import connection, models

NULL = "\\N"
# What travels at once: while PostgreSQL stores a piece, Python writes the next.
_PIECE = 256 * 1024


def text(value: str) -> str:
    """`value` as COPY reads it back."""
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if "\n" in value:
        value = value.replace("\n", "\\n")
    if "\t" in value:
        value = value.replace("\t", "\\t")
    return value.replace("\r", "\\r") if "\r" in value else value


def optional(value: str | None) -> str:
    """The same, for a column that may be null."""
    return NULL if value is None else text(value)


def json_cell(value: Any) -> str:
    """A JSON value, or null where there is none."""
    return NULL if value is None else text(orjson.dumps(value).decode())


def text_array(values: Iterable[str | None]) -> str:
    """An array of texts."""
    return text("{" + ",".join(map(_element, values)) + "}")


def number_array(values: Iterable[int]) -> str:
    """An array of whole numbers."""
    return "{" + ",".join(map(str, values)) + "}"


def rows_copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[str]) -> int:
    """Store `rows`: the values of `columns`, a tab between them and a line end after them. How many they were.

    Columns left out get the database's default, not the field's. Raises IntegrityError, with the constraint's name,
    when one of them breaks a rule.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f"COPY {model._meta.db_table} ({names}) FROM STDIN", _Pieces(rows), _PIECE)
        return int(cursor.rowcount)


class _Pieces:
    """Rows as a file: every `read` gives as many as make a piece."""

    def __init__(self, rows: Iterable[str]) -> None:
        self._rows = iter(rows)

    def read(self, size: int = -1) -> bytes:
        piece, length = [], 0
        for row in self._rows:
            piece.append(row)
            length += len(row)
            if 0 <= size <= length:
                break
        return "".join(piece).encode()


def _element(value: str | None) -> str:
    if value is None:
        return "NULL"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
