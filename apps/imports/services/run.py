"""Running a file through an import, batch by batch. Every batch commits; the row says how far it got."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from ..models import Import
from ..readers import BrokenOff, Row, Unreadable, file_rows, plain_chunks
from .ahead import read_ahead
from .batch import Batch, ClaimLost, batch_prepare, batch_store
from .collector import uncollected
from .ending import imports_end, sentence_of
from .lines import lines_of
from .pulse import Pulse
from .screen import screen_for

State = Import.State
BATCH_LINES = 4000
BATCH_BYTES = 8 * 1024 * 1024


def import_run(*, imported: Import, token: UUID, chunks: Iterator[bytes]) -> Import:
    """Read `chunks` (the file as sent, on disk) to its end, from the row's `last_line` on, and settle the row.

    What is wrong with a line is reported and skipped; a file that ends too early leaves the import partial,
    an unreadable one failed. Any other error leaves it failed with the error's own text, and is raised.
    """
    last_line = imported.last_line
    mine = Import.objects.filter(pk=imported.pk, claim_token=token, state=State.RUNNING)
    mine.update(running_since=timezone.now(), lines_before=F("lines"))
    pulse = Pulse(mine)
    reading = _Reading(imported, chunks)
    try:
        screen = screen_for(imported)
        with uncollected(), closing(read_ahead(reading.batches, pulse)) as batches:
            for batch in batches:
                if screen:
                    batch_prepare(imported=imported, batch=batch, screen=screen, tick=pulse)
                known = batch_store(imported=imported, token=token, batch=batch, screen=screen)
                reading.seems_new = known < len(batch.rows) // 2
                last_line = batch.rows[-1].number
    except ClaimLost:
        raise
    except BrokenOff as error:
        _settle(imported, token, State.PARTIAL, str(error), broken_at=last_line + 1)
    except Unreadable as error:
        state = State.PARTIAL if last_line else State.FAILED
        _settle(imported, token, state, str(error), broken_at=last_line + 1)
    except OSError as error:  # of a temporary file: the upload's own are BrokenOff
        _settle(imported, token, State.PARTIAL if last_line else State.FAILED, sentence_of(error))
    except Exception as error:
        _settle(imported, token, State.FAILED, f"{type(error).__name__}: {error}"[:2000])
        raise
    else:
        _settle(imported, token, State.DONE)
    imported.refresh_from_db()
    return imported


class _Reading:
    """The file's batches. `seems_new` may be set at any time: lines that will be known are better not read ahead."""

    def __init__(self, imported: Import, chunks: Iterator[bytes]) -> None:
        self._imported, self._chunks = imported, chunks
        self._read = 0
        self.seems_new = True

    def batches(self, tick: Callable[[], None]) -> Generator[Batch]:
        """Rows in batches of so many lines or bytes. What was read before a file broke off still comes out."""
        plain = plain_chunks(self._counted(tick), gzipped=self._imported.gzipped, limit=settings.IMPORT_MAX_BYTES)
        columns = self._imported.options.get("columns")
        batch: list[Row] = []
        size = 0
        try:
            for row in file_rows(
                self._imported.format, plain, after=self._imported.last_line, tick=tick, columns=columns
            ):
                full = len(batch) >= BATCH_LINES or size >= BATCH_BYTES
                if full and row.number != batch[-1].number:  # some formats make several lines of one object
                    yield self._batch(batch)
                    batch, size = [], 0
                batch.append(row)
                size += row.size
        except (BrokenOff, Unreadable):
            if batch:
                yield self._batch(batch)
            raise
        if batch:
            yield self._batch(batch)

    def _counted(self, tick: Callable[[], None]) -> Iterator[bytes]:
        for chunk in self._chunks:
            tick()
            self._read += len(chunk)
            yield chunk

    def _batch(self, rows: list[Row]) -> Batch:
        share = rows[-1].share
        read = self._read if share is None else round(share * (self._imported.size or 0))
        return Batch(rows, read, lines_of(rows) if self.seems_new else None)


def _settle(imported: Import, token: UUID, state: str, error: str = "", *, broken_at: int | None = None) -> None:
    """The import's last state, unless another process has it now."""
    mine = Import.objects.filter(pk=imported.pk, claim_token=token, state=State.RUNNING)
    if not imports_end(mine, state, error, broken_at=broken_at):
        raise ClaimLost
