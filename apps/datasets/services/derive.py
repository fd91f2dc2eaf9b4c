"""Files made of the records on first request, and remembered: pairs, conversations, Parquet, the dataset card."""

from collections.abc import Iterator

from django.db import connection, transaction

from apps.core.domain.canonical import canonical_json
from apps.core.domain.errors import Conflict, NotFound

from ..domain.derived import CARD, file_names, row_function, table_name
from ..domain.records import parse_record
from ..models import DatasetSnapshot, SnapshotFile
from .artifacts import ArtifactWriter, artifact_path
from .card import card_text
from .reading import is_consensus
from .scales import overall_scales
from .tables import COLUMNS, record_row, records_table, write_table

# Beside other advisory locks of the installation.
_LOCK = 0x5AFE


def file_found(*, snapshot: DatasetSnapshot, name: str) -> SnapshotFile | None:
    """The snapshot's file of that name, where it was made.

    Raises Conflict while the snapshot is not ready, NotFound for a name that its kind does not have.
    """
    if snapshot.state != DatasetSnapshot.State.READY:
        raise Conflict(f"This snapshot is {snapshot.state}; its files come when it is ready.", code="not_ready")
    if name not in file_names(snapshot.kind):  # before the database, which takes no NUL, is asked for it
        raise NotFound(f"A snapshot of {snapshot.kind} has no file of that name.")
    found = SnapshotFile.objects.filter(snapshot=snapshot, name=name).first()
    if found is not None and not artifact_path(found.sha256).is_file():
        raise NotFound(f"The artifact store has lost {name} ({found.sha256}).", code="artifact_lost")
    return found


def file_make(*, snapshot: DatasetSnapshot, name: str) -> SnapshotFile:
    """The same, made now when it is the first time."""
    return file_found(snapshot=snapshot, name=name) or _made_once(snapshot, name)


@transaction.atomic
def _made_once(snapshot: DatasetSnapshot, name: str) -> SnapshotFile:
    """Of two first requests one makes the file, the other waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, snapshot.pk % 2**31])
    found = SnapshotFile.objects.filter(snapshot=snapshot, name=name).first()
    if found is not None:
        return found
    with ArtifactWriter(f"{snapshot.uid}-{name}") as file:
        _write(snapshot, name, file)
    return SnapshotFile.objects.create(snapshot=snapshot, name=name, sha256=file.sha256, size=file.size)


def _write(snapshot: DatasetSnapshot, name: str, file: ArtifactWriter) -> None:
    lines = _lines(snapshot)
    records = map(parse_record, lines)
    if name == CARD:
        file.write(card_text(snapshot, records).encode())
    elif name == table_name(snapshot.kind):
        schema = records_table(snapshot.kind, consensus=is_consensus(snapshot))
        write_table(file, schema, map(record_row, lines))
    else:
        derive = row_function(snapshot.kind, name, overall_scales(snapshot.project))
        rows = (row for record in records for row in derive(record))
        if name.endswith(".parquet"):
            write_table(file, COLUMNS[name], rows)
        else:
            for row in rows:
                file.write(canonical_json(row) + b"\n")


def _lines(snapshot: DatasetSnapshot) -> Iterator[bytes]:
    path = artifact_path(snapshot.sha256)
    if not path.is_file():
        raise NotFound(f"The artifact store has lost the records ({snapshot.sha256}).", code="artifact_lost")
    with path.open("rb") as lines:
        yield from lines
