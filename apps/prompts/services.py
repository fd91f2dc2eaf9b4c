"""Writes about prompts and completions."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db import connection

from apps.core.bulk import rows_insert
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
