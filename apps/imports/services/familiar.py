"""Lines that are fully in already: known by their text, without looking at what they say."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from django.db import connection

from apps.core.copy import row_of, rows_copy, uuid
from apps.core.domain.canonical import canonical_json

from ..models import Import, KnownLine
from ..readers import Row

# A search by key for each, whatever the planner thinks of a table that grows while it is asked.
_NEW = """
SELECT asked.digest::text FROM unnest(%s::uuid[]) AS asked(digest)
WHERE (SELECT true FROM imports_knownline AS known WHERE known.digest = asked.digest LIMIT 1) IS NULL
"""


def digests_of(imported: Import, rows: Sequence[Row]) -> dict[int, str]:
    """By line number: what stands for the line, in this project and under these options."""
    said = {
        "project": str(imported.project.uid), "format": imported.format, "tasks": imported.tasks,
        "options": imported.options,
    }  # fmt: skip
    start = blake2b(canonical_json(said), digest_size=16)
    digests = {}
    for row in rows:
        if row.fingerprint is not None:
            whole = start.copy()
            whole.update(row.fingerprint)
            digests[row.number] = whole.hexdigest()
    return digests


def familiar(digests: dict[int, str]) -> set[int]:
    """The numbers of those lines that are fully in."""
    if not digests:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_NEW, [f"{{{','.join(digests.values())}}}"])
        new = {digest.replace("-", "") for (digest,) in cursor.fetchall()}
    return {number for number, digest in digests.items() if digest not in new}


def remember(digests: Iterable[str]) -> None:
    """These are fully in, once the transaction is."""
    # Sorted: neighbours in the key's index go in together.
    if once := sorted(set(digests)):
        rows_copy(KnownLine, ["digest"], (row_of(uuid(bytes.fromhex(digest))) for digest in once))
