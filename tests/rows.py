"""Rows put in and taken out wholesale, for tests: what one makes once, and an empty database after it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from psycopg2.errors import DeadlockDetected

# Written by migrations and by Django itself, for every test.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def tables() -> list[str]:
    return sorted(set(connection.introspection.table_names()) - KEPT)


@contextmanager
def rows_added() -> Iterator[dict[str, list[str]]]:
    """For each table the rows (as JSON) that the block adds."""
    before = {table: set(_rows(table)) for table in tables()}
    added: dict[str, list[str]] = {}
    yield added
    for table, known in before.items():
        if new := [row for row in _rows(table) if row not in known]:
            added[table] = new


def script_of(rows: dict[str, list[str]]) -> str:
    """One statement after another that inserts these rows, those that others point to first."""
    with connection.cursor() as cursor:
        words = [
            cursor.mogrify(
                f'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", %s)',
                [f"[{','.join(rows[table])}]"],
            ).decode()
            for table in _referred_first(list(rows))
        ]
    return "; ".join(words)


def empty_tables() -> None:
    """What `flush` does, in a hundredth of its time: few rows are there, and truncating rewrites every file."""
    words = [f'DELETE FROM "{table}"' for table in tables()]
    # As a replica: no trigger asks who points where, or refuses because the row is frozen.
    script = f"SET session_replication_role = replica; {'; '.join(words)}; RESET session_replication_role"
    for again in (True, True, False):
        try:
            with connection.cursor() as cursor:
                cursor.execute(script)
            return
        except OperationalError as error:
            # A request that a browser no longer waits for may hold rows in another order.
            if not (again and isinstance(error.__cause__, DeadlockDetected)):
                raise


def _rows(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_json(one)::text FROM "{table}" one')
        return [row for (row,) in cursor.fetchall()]


def _referred_first(names: list[str]) -> list[str]:
    ordered: list[str] = []

    def place(name: str) -> None:
        if name in ordered:
            return
        with connection.cursor() as cursor:
            keys = connection.introspection.get_relations(cursor, name).values()
        for _, other, *_ in keys:
            if other in names and other != name:
                place(other)
        ordered.append(name)

    for name in names:
        place(name)
    return ordered
