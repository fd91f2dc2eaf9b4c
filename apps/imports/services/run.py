"""Running a file through an import, batch by batch. Every batch commits; the row says how far it got."""

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings

from ..models import Import
from ..readers import BrokenOff, Row, Unreadable, file_rows, plain_chunks
from .batch import ClaimLost, batch_store
from .ending import imports_end
from .pulse import Pulse

State = Import.State
BATCH_LINES = 500
BATCH_BYTES = 4 * 1024 * 1024


def import_run(*, imported: Import, token: UUID, chunks: Iterator[bytes]) -> Import:
    """Read `chunks` (the file as sent) to its end, from the row's `last_line` on, and settle the row.

    What is wrong with a line is reported and skipped; a file that ends too early leaves the import partial,
    an unreadable one failed. Any other error leaves it failed with the error's own text, and is raised.
    """
    last_line = imported.last_line
    try:
        pulse = Pulse(Import.objects.filter(pk=imported.pk, claim_token=token, state=State.RUNNING))
        plain = plain_chunks(pulse.over(chunks), gzipped=imported.gzipped, limit=settings.IMPORT_MAX_BYTES)
        columns = imported.options.get("columns")
        for batch in _batches(file_rows(imported.format, plain, after=last_line, tick=pulse, columns=columns)):
            batch_store(imported=imported, token=token, rows=batch)
            last_line = batch[-1].number
    except ClaimLost:
        raise
    except BrokenOff as error:
        _settle(imported, token, State.PARTIAL, str(error), broken_at=last_line + 1)
    except Unreadable as error:
        state = State.PARTIAL if last_line else State.FAILED
        _settle(imported, token, state, str(error), broken_at=last_line + 1)
    except Exception as error:
        _settle(imported, token, State.FAILED, f"{type(error).__name__}: {error}"[:2000])
        raise
    else:
        _settle(imported, token, State.DONE)
    imported.refresh_from_db()
    return imported


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows in batches of so many lines or bytes. What was read before a file broke off still comes out.

    Rows of one number stay in one batch: an import that is resumed goes on behind the last number.
    """
    batch: list[Row] = []
    size = 0
    try:
        for row in rows:
            if (len(batch) >= BATCH_LINES or size >= BATCH_BYTES) and row.number != batch[-1].number:
                yield batch
                batch, size = [], 0
            batch.append(row)
            size += row.size
    except (BrokenOff, Unreadable):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _settle(imported: Import, token: UUID, state: str, error: str = "", *, broken_at: int | None = None) -> None:
    """The import's last state, unless another process has it now."""
    mine = Import.objects.filter(pk=imported.pk, claim_token=token, state=State.RUNNING)
    if not imports_end(mine, state, error, broken_at=broken_at):
        raise ClaimLost
