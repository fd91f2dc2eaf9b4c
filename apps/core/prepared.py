"""Statements that each connection plans once: their text is parsed and planned for as long as they run otherwise."""

from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

Row = tuple[Any, ...]

# What a connection of the driver has prepared. It goes with the connection.
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Prepared:
    """One statement under a name of its own, with the parameters $1 to $n."""

    def __init__(self, name: str, statement: str, *, parameters: int) -> None:
        self._name = name
        self._prepare = f"PREPARE {name} AS {statement}"
        self._execute = f"EXECUTE {name} ({', '.join(['%s'] * parameters)})"

    def row(self, *values: Any) -> Row:
        """Its one row. Raises LookupError where there is none."""
        with connection.cursor() as cursor:
            known = _known.setdefault(connection.connection, set())
            if self._name not in known:
                cursor.execute(self._prepare)
                known.add(self._name)
            cursor.execute(self._execute, values)
            row: Row | None = cursor.fetchone()
        if row is None:
            raise LookupError(self._name)
        return row
