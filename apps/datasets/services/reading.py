"""A snapshot's items as the lines of its file, in their order.

The database puts the lines together (`lines`), and that is most of the work: so it is asked by several connections at
once, each for some hundred lines, all in the view of the transaction that builds. What they bring is joined in order.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from ..models import DatasetSnapshot, SnapshotConsensus, SnapshotItem
from .consensus_lines import consensus_copy
from .lines import canonical_lines, lines_copy

READERS = 2
ROWS_MAX = 2000
# So much is asked for at a time; long texts come in fewer rows. Twice as many parts as readers are in memory.
PART_BYTES = 3 * 2**20
_FIRST_ROWS = 100

Read = Callable[[Sequence[int]], bytes]


def snapshot_parts(snapshot: DatasetSnapshot, *, readers: int = READERS, rows: int = ROWS_MAX) -> Iterator[bytes]:
    """The records file, part by part: at most `rows` lines each, read by so many connections (0: by this one).

    What rankings were made of stands in rows of the transaction that builds, which no other connection sees.
    """
    if is_consensus(snapshot):
        made = _AskingLines(snapshot, rows)
        for lines in made:
            yield made.told(_lines(connection, consensus_copy(snapshot.pk), lines))
        return
    asking, copy = _Asking(snapshot, rows), lines_copy(snapshot.kind)
    if not readers:
        for ids in asking:
            yield _lines(connection, copy, ids)
        return
    with _readers(readers, copy) as read:
        asked = deque[Future[bytes]]()
        for ids in asking:
            asked.append(read(ids))
            if len(asked) == 2 * readers:
                yield asking.told(asked.popleft().result())
        while asked:
            yield asked.popleft().result()


def is_consensus(snapshot: DatasetSnapshot) -> bool:
    """Whether its lines are rankings made of several judgments."""
    return bool(snapshot.filter.get("judgments", "raw") != "raw")


class _Asking:
    """The ids of the items, in parts whose size follows from that of the lines so far."""

    def __init__(self, snapshot: DatasetSnapshot, rows_max: int) -> None:
        self._rows_max = rows_max
        self._rows = min(_FIRST_ROWS, rows_max)
        self._found = self._lines_of(snapshot)

    def _lines_of(self, snapshot: DatasetSnapshot) -> QuerySet[Any, tuple[int, int]]:
        """Of each line its number, and what it is asked for by."""
        items = SnapshotItem.objects.filter(snapshot=snapshot).order_by("line")
        return items.values_list("line", Coalesce("judgment_id", "prompt_id"))

    def __iter__(self) -> Iterator[list[int]]:
        last = 0
        while True:
            found = list(self._found.filter(line__gt=last)[: self._rows])
            if not found:
                return
            last = found[-1][0]
            yield [pk for _, pk in found]

    def told(self, lines: bytes) -> bytes:
        average = len(lines) / max(1, lines.count(b"\n"))
        self._rows = max(1, min(self._rows_max, int(PART_BYTES / average)))
        return lines


class _AskingLines(_Asking):
    def _lines_of(self, snapshot: DatasetSnapshot) -> QuerySet[Any, tuple[int, int]]:
        return SnapshotConsensus.objects.filter(snapshot=snapshot).order_by("line").values_list("line", "line")


@contextmanager
def _readers(count: int, copy: str) -> Iterator[Callable[[Sequence[int]], Future[bytes]]]:
    """Hand in ids and get their lines later. The readers see what this transaction saw when it began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (view,) = cursor.fetchone()
    # A connection each, but for one call at a time: the pool has as many threads as there are connections.
    free = deque(connection.copy() for _ in range(count))
    opened = list(free)
    for one in opened:
        one.inc_thread_sharing()

    def read(ids: Sequence[int]) -> bytes:
        mine = free.popleft()
        try:
            if mine.connection is None:
                _begin(mine, view)
            return _lines(mine, copy, ids)
        finally:
            free.append(mine)

    try:
        with ThreadPoolExecutor(count, thread_name_prefix="snapshot") as pool:
            try:
                yield lambda ids: pool.submit(read, ids)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        for one in opened:
            one.close()


def _begin(reader: Any, view: str) -> None:
    reader.set_autocommit(False)
    with reader.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET TRANSACTION SNAPSHOT %s", [view])


def _lines(reader: Any, copy: str, ids: Sequence[int]) -> bytes:
    copied = BytesIO()
    with reader.cursor() as cursor:
        # Short statements gain nothing by compilation.
        cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '32MB'")
        asked = cursor.mogrify(copy, {"ids": "{" + ",".join(map(str, ids)) + "}"})
        cursor.copy_expert(asked.decode(), copied)
    return canonical_lines(copied.getvalue())
