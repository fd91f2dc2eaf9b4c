"""Reads about imports."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from apps.core.csv_file import csv_lines
from apps.projects.models import Project

from .domain.progress import Progress, progress_of
from .models import Import, ImportProblem, PersonalFinding

PROBLEMS_SHOWN = 1000
PROBLEM_COLUMNS = ("line", "field", "code", "message")


def imports_of(project: Project) -> QuerySet[Import]:
    """The project's imports, newest first."""
    return Import.objects.filter(project=project).order_by("-id")


def import_running(project: Project) -> Import | None:
    """The newest of its imports that is being read."""
    return imports_of(project).filter(state=Import.State.RUNNING).first()


def progress_shown(imported: Import) -> Progress:
    """How far it is; while it runs, up to its last batch."""
    seconds = None
    if imported.running_since is not None:
        until = imported.finished_at or imported.heartbeat_at or imported.running_since
        seconds = (until - imported.running_since).total_seconds()
    progress = progress_of(
        size=imported.size, read=imported.bytes_read, lines=imported.lines,
        lines_now=imported.lines - imported.lines_before, seconds=seconds,
    )  # fmt: skip
    if imported.state == Import.State.DONE:
        return Progress(1.0, progress.lines_per_second, 0.0)
    return progress if imported.finished_at is None else Progress(progress.share, progress.lines_per_second, None)


def problems_of(imported: Import) -> QuerySet[ImportProblem]:
    """What was wrong with which line, in the file's order."""
    return ImportProblem.objects.filter(imported=imported).order_by("line", "id")


def problems_shown(imported: Import) -> list[dict[str, Any]]:
    """The first thousand, as the answer of an import carries them."""
    return [_shown(problem) for problem in problems_of(imported)[:PROBLEMS_SHOWN]]


def problems_stream(imported: Import) -> Iterator[dict[str, Any]]:
    """All of them, a few at a time."""
    return map(_shown, problems_of(imported).iterator(chunk_size=500))


def problems_table(imported: Import) -> Iterator[str]:
    """The same as CSV."""
    return csv_lines(PROBLEM_COLUMNS, (list(problem.values()) for problem in problems_stream(imported)))


def findings_stream(imported: Import) -> Iterator[dict[str, Any]]:
    """Where personal data was found, in the file's order."""
    found = PersonalFinding.objects.filter(imported=imported).order_by("line", "id")
    return ({**one} for one in found.values("line", "field", "kind", "count").iterator(chunk_size=500))


def _shown(problem: ImportProblem) -> dict[str, Any]:
    return {"line": problem.line, "field": problem.field, "code": problem.code, "message": problem.message}
