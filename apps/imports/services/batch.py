"""One batch of lines: planned on a board, stored, counted, in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from apps.core.domain.errors import RuleBroken

from ..domain.board import Board, Counts, place_line
from ..domain.line import ImportLine, parse_line
from ..models import Import, ImportProblem
from ..readers import Row
from .known import board_for
from .store import Overtaken, board_store

logger = logging.getLogger(__name__)
ATTEMPTS = 20
MESSAGE_MAX = 500


class ClaimLost(Exception):
    """Another process works on this import now; nothing of this batch was written."""


@dataclass(slots=True)
class _Placed:
    """What became of a batch on its board."""

    counts: Counts = field(default_factory=Counts)
    problems: list[ImportProblem] = field(default_factory=list)


def batch_store(*, imported: Import, token: UUID, rows: Sequence[Row]) -> None:
    """Bring a batch in. Repeats it from a fresh look at the database when another transaction came between.

    Raises ClaimLost when `token` is not the import's any more.
    """
    lines, problems = _parsed(imported, rows)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                _store(imported, token, rows, lines, problems)
            return
        except Overtaken:
            logger.info("import %s: overtaken, attempt %s", imported.uid, attempt)
        except OperationalError as error:  # two imports met the same rows in opposite order
            if getattr(error.__cause__, "pgcode", "") not in ("40P01", "40001"):
                raise
    raise OperationalError(f"A batch met other writers {ATTEMPTS} times in a row; import the file again.")


def _parsed(imported: Import, rows: Sequence[Row]) -> tuple[list[tuple[int, ImportLine]], list[ImportProblem]]:
    lines, problems = [], []
    for row in rows:
        try:
            if row.problem is not None:
                raise row.problem
            lines.append((row.number, parse_line(row.value)))
        except RuleBroken as broken:
            problems.append(problem_of(imported, row.number, broken))
    return lines, problems


def _store(
    imported: Import,
    token: UUID,
    rows: Sequence[Row],
    lines: list[tuple[int, ImportLine]],
    problems: list[ImportProblem],
) -> None:
    open_tasks = imported.tasks == Import.Tasks.OPEN
    board = board_for(project=imported.project, lines=(line for _, line in lines), open_tasks=open_tasks)
    placed = _place(imported, board, lines)
    board_store(project=imported.project, board=board)
    found = sorted([*problems, *placed.problems], key=lambda problem: problem.line)
    ImportProblem.objects.bulk_create(found)
    counted = {name: F(name) + number for name, number in asdict(placed.counts).items() if number}
    updated = Import.objects.filter(pk=imported.pk, claim_token=token, state=Import.State.RUNNING).update(
        **counted,
        lines=F("lines") + len(rows),
        errors_total=F("errors_total") + len(found),
        last_line=rows[-1].number,
        heartbeat_at=timezone.now(),
        attempts=0,  # it gets on: what kills its workers is not this file
    )
    if not updated:
        raise ClaimLost


def _place(imported: Import, board: Board, lines: list[tuple[int, ImportLine]]) -> _Placed:
    placed = _Placed()
    for number, line in lines:
        try:
            placed.counts.add(place_line(board, line))
        except RuleBroken as broken:
            placed.problems.append(problem_of(imported, number, broken))
    return placed


def problem_of(imported: Import, number: int, broken: RuleBroken) -> ImportProblem:
    return ImportProblem(
        imported=imported, line=number, field=storable(broken.field)[:200], code=broken.code,
        message=storable(broken.message)[:MESSAGE_MAX],
    )  # fmt: skip


def storable(text: str) -> str:
    """A sentence may quote what could not be stored."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
