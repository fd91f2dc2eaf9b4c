"""One batch of lines: planned on a board, stored, counted, in one transaction."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from apps.core.domain.errors import RuleBroken

from ..domain.board import Board, Counts, place_line
from ..domain.line import ImportLine
from ..domain.options import parse_options
from ..domain.personal import mask
from ..models import Import, ImportProblem
from ..readers import Row
from .familiar import digests_of, familiar, remember
from .known import board_for
from .lines import Lines, lines_of
from .screen import Screen
from .store import Overtaken, Placing, board_store

logger = logging.getLogger(__name__)
ATTEMPTS = 20
MESSAGE_MAX = 500
# Another transaction has stored the same meanwhile; or two met the same rows in opposite order.
OTHERS = ("23505", "40P01", "40001")


class ClaimLost(Exception):
    """Another process works on this import now; nothing of this batch was written."""


@dataclass(slots=True)
class Batch:
    """Rows that go in together. `read` is how many bytes of the file, as it was sent, had to be read for them.

    `lines` are theirs where somebody has read them ahead.
    """

    rows: Sequence[Row]
    read: int = 0
    lines: Lines | None = None


@dataclass(slots=True)
class _Placed:
    """What became of a batch on its board."""

    counts: Counts = field(default_factory=Counts)
    problems: list[ImportProblem] = field(default_factory=list)


def batch_prepare(*, imported: Import, batch: Batch, screen: Screen, tick: Callable[[], None]) -> None:
    """Look at the lines that are not known before the batch's transaction begins. `tick` is called now and again."""
    known = familiar(digests_of(imported, batch.rows))
    if batch.lines is None:
        batch.lines = lines_of(row for row in batch.rows if row.number not in known)
    batch.lines = batch.lines.without(known)
    screen.prepare((line for _, line in batch.lines.lines), tick)


def batch_store(*, imported: Import, token: UUID, batch: Batch, screen: Screen | None = None) -> int:
    """Bring a batch in, and say how many of its lines were known by their text.

    Repeats it from a fresh look at the database when another transaction came between. Raises ClaimLost when `token`
    is not the import's any more.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _store(imported, token, batch, screen)
        except Overtaken:
            logger.info("import %s: overtaken, attempt %s", imported.uid, attempt)
        except (IntegrityError, OperationalError) as error:
            if getattr(error.__cause__, "pgcode", "") not in OTHERS:
                raise
            logger.info("import %s: met another writer, attempt %s", imported.uid, attempt)
    raise OperationalError(f"A batch met other writers {ATTEMPTS} times in a row; import the file again.")


def _store(imported: Import, token: UUID, batch: Batch, screen: Screen | None) -> int:
    digests = digests_of(imported, batch.rows)
    known = familiar(digests)
    if batch.lines is None:
        fresh = lines_of([row for row in batch.rows if row.number not in known])
        if not known:
            batch.lines = fresh  # for the next attempt
    else:
        fresh = batch.lines.without(known)
    placed = _bring_in(imported, fresh, screen)
    placed.counts.duplicates += len(known)
    broken = {problem.line for problem in placed.problems}
    remember(digest for number, digest in digests.items() if number not in known and number not in broken)
    ImportProblem.objects.bulk_create(sorted(placed.problems, key=lambda problem: problem.line))
    _count(imported, token, batch, placed)
    return len(known)


def _bring_in(imported: Import, fresh: Lines, screen: Screen | None) -> _Placed:
    if screen:
        fresh = screen.keep(fresh)
    placed = _Placed(problems=[problem_of(imported, number, broken) for number, broken in fresh.broken])
    if fresh.lines:
        options = parse_options(imported.options)
        open_tasks = imported.tasks == Import.Tasks.OPEN
        board = board_for(project=imported.project, lines=(line for _, line in fresh.lines), open_tasks=open_tasks)
        placing = Placing(priority=options.priority, cohort=options.cohort, requires=options.requires)
        _place(imported, board, fresh.lines, placed)
        board_store(project=imported.project, board=board, placing=placing)
        board.clear()
    return placed


def _count(imported: Import, token: UUID, batch: Batch, placed: _Placed) -> None:
    counted = {name: F(name) + number for name, number in asdict(placed.counts).items() if number}
    updated = Import.objects.filter(pk=imported.pk, claim_token=token, state=Import.State.RUNNING).update(
        **counted,
        lines=F("lines") + len(batch.rows),
        errors_total=F("errors_total") + len(placed.problems),
        last_line=batch.rows[-1].number,
        bytes_read=batch.read,
        heartbeat_at=timezone.now(),
        attempts=0,  # it gets on: what kills its workers is not this file
    )
    if not updated:
        raise ClaimLost


def _place(imported: Import, board: Board, lines: Sequence[tuple[int, ImportLine]], placed: _Placed) -> None:
    for number, line in lines:
        try:
            placed.counts.add(place_line(board, line))
        except RuleBroken as broken:
            placed.problems.append(problem_of(imported, number, broken))


def problem_of(imported: Import, number: int, broken: RuleBroken) -> ImportProblem:
    message = storable(broken.message)
    if imported.options.get("pii", "off") != "off":  # it may quote a text that stands where it should not
        message = mask(message).text
    return ImportProblem(
        imported=imported, line=number, field=storable(broken.field)[:200], code=broken.code,
        message=message[:MESSAGE_MAX],
    )  # fmt: skip


def storable(text: str) -> str:
    """A sentence may quote what could not be stored."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
