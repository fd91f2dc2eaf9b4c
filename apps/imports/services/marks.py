"""The long beginnings a project's prompts have: read once from those that are there, then kept by each batch."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from ..models import Import, PrefixMark

# Prompts of transactions that were under way when the last look was taken may have lower ids than ones it saw; a batch's
# transaction takes seconds. What is read twice changes nothing.
_SETTLED = "10 minutes"
_READ = f"""
    WITH known AS (SELECT coalesce(max(up_to), 0) AS up_to FROM imports_prefixesread
                   WHERE project_id = %(project)s AND characters = %(characters)s),
    fresh AS (
        SELECT prompt.id, prompt.content_sha256, prompt.created_at, (prompt.messages::jsonb -> -1) ->> 'content' AS content
        FROM prompts_prompt AS prompt, known WHERE prompt.project_id = %(project)s AND prompt.id > known.up_to),
    marked AS (
        INSERT INTO imports_prefixmark (digest, content_sha256)
        SELECT encode(substring(sha256(convert_to(
                   concat(%(project)s::text, ':', %(characters)s::text, ':', left(content, %(characters)s)), 'UTF8'))
                   from 1 for 16), 'hex')::uuid, content_sha256
        FROM fresh WHERE length(content) >= %(characters)s ORDER BY id
        ON CONFLICT (digest) DO NOTHING)
    INSERT INTO imports_prefixesread (project_id, characters, up_to)
    SELECT %(project)s, %(characters)s,
           coalesce(min(id) FILTER (WHERE created_at > now() - interval '{_SETTLED}') - 1, max(id), (SELECT up_to FROM known))
    FROM fresh
    ON CONFLICT (project_id, characters) DO UPDATE SET up_to = greatest(imports_prefixesread.up_to, excluded.up_to)
"""  # noqa: S608 - a constant of ours


def marks_read(*, project_id: int, characters: int) -> None:
    """Mark the beginnings of all prompts that no earlier look has seen. Call it under the screen's lock."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"project": project_id, "characters": characters})


def marks_of(digests: Iterable[UUID]) -> dict[UUID, PrefixMark]:
    return PrefixMark.objects.in_bulk(list(digests))


def marks_write(*, imported: Import, marks: dict[UUID, tuple[int, str]]) -> None:
    """Keep each line's beginning, by digest: its number and its prompt's hash. A dead mark is taken over."""
    PrefixMark.objects.bulk_create(
        [
            PrefixMark(digest=digest, content_sha256=sha256, imported=imported, line=number)
            for digest, (number, sha256) in sorted(marks.items())
        ],
        update_conflicts=True, unique_fields=["digest"], update_fields=["content_sha256", "imported", "line"],
    )  # fmt: skip
