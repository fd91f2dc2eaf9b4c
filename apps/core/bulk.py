"""Many rows at once: all of a table's rows travel as one JSON parameter, and PostgreSQL takes it apart.

Here a row that is there already is left out; `copy.rows_copy` is quicker, where all are known to be new.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection, models


def ids_reserve(model: type[models.Model], count: int) -> Sequence[int]:
    """`count` fresh primary keys, ascending, so that rows can name each other before they are inserted.

    One statement; they travel one by one only where somebody else took keys in between.
    """
    if not count:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH named AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence)
            SELECT min(id), CASE WHEN max(id) - min(id) + 1 > count(*) THEN array_agg(id) END FROM (
                SELECT nextval(sequence) AS id FROM named, generate_series(1, %s)) AS fresh
            """,
            [model._meta.db_table, count],
        )
        first, scattered = cursor.fetchone()
        return scattered or range(first, first + count)


def rows_insert(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> int:
    """Insert rows given by column name and say how many went in: ON CONFLICT DO NOTHING.

    Columns that no row names get the field's default, as `save` would give them.
    """
    if not rows:
        return 0
    fields = model._meta.concrete_fields
    given = [field for field in fields if field.column in rows[0]]
    filled = [
        field
        for field in fields
        if field.column not in rows[0] and not field.primary_key and not field.has_db_default()
    ]
    made = [field for field in filled if callable(field.default)]
    same = {field.column: field.get_default() for field in filled if field not in made}
    full = [{**same, **{field.column: field.get_default() for field in made}, **row} for row in rows]
    columns = ", ".join(f'"{field.column}"' for field in (*given, *filled))
    types = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in (*given, *filled))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {columns} "  # noqa: S608 - names from the model
            f"FROM json_to_recordset(%s::json) AS r({types}) ON CONFLICT DO NOTHING",
            [orjson.dumps(full).decode()],
        )
        return int(cursor.rowcount)
