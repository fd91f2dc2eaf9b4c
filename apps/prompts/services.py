"""Writes about prompts and completions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.db import connection, models

from apps.core.domain.canonical import sha256_hex
from apps.projects.models import Membership

from .models import Completion, Prompt


def completion_by_member(*, prompt: Prompt, member: Membership, body: str) -> Completion:
    """A text that a member wrote. Call it inside the transaction that uses it."""
    return Completion.objects.create(
        prompt=prompt, member=member, body=body, body_sha256=sha256_hex(body), origin=Completion.Origin.MEMBER
    )


def prompts_insert(*, rows: Sequence[dict[str, Any]]) -> int:
    """Insert many prompts at once; those whose text the project has already are left out."""
    return rows_insert(Prompt, rows)


def completions_insert(*, rows: Sequence[dict[str, Any]]) -> int:
    """Insert many imported completions at once; those that are there already are left out."""
    return rows_insert(Completion, [{"origin": Completion.Origin.EXTERNAL, **row} for row in rows])


def external_ids_append(*, ids: Mapping[int, Sequence[str]]) -> None:
    """Remember further outside names of prompts, each once, by prompt id."""
    if not ids:
        return
    rows = [{"id": pk, "names": list(names)} for pk, names in ids.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE prompts_prompt AS prompt SET external_ids = prompt.external_ids || coalesce((
                SELECT array_agg(name ORDER BY place) FROM unnest(given.names) WITH ORDINALITY AS u(name, place)
                WHERE name <> ALL (prompt.external_ids)), '{}')
            FROM json_to_recordset(%s::json) AS given(id bigint, names varchar[])
            WHERE prompt.id = given.id
            """,
            [orjson.dumps(rows).decode()],
        )


# --- many rows at once ----------------------------------------------------------------------------
# bulk_create spends most of an import in Python (about 1,400 prompts a second against 5,000 this way):
# here all rows of a table travel as one JSON parameter, and PostgreSQL takes it apart.


def ids_reserve(model: type[models.Model], count: int) -> Iterable[int]:
    """`count` fresh primary keys, ascending, so that rows can name each other before they are inserted."""
    if not count:
        return iter(())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return iter([pk for (pk,) in cursor.fetchall()])


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
