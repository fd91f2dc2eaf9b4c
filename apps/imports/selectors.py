"""Reads about imports."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from apps.projects.models import Project

from .models import Import, ImportProblem, PersonalFinding

PROBLEMS_SHOWN = 1000


def imports_of(project: Project) -> QuerySet[Import]:
    """The project's imports, newest first."""
    return Import.objects.filter(project=project).order_by("-id")


def problems_of(imported: Import) -> QuerySet[ImportProblem]:
    """What was wrong with which line, in the file's order."""
    return ImportProblem.objects.filter(imported=imported).order_by("line", "id")


def problems_shown(imported: Import) -> list[dict[str, Any]]:
    """The first thousand, as the answer of an import carries them."""
    return [_shown(problem) for problem in problems_of(imported)[:PROBLEMS_SHOWN]]


def problems_stream(imported: Import) -> Iterator[dict[str, Any]]:
    """All of them, a few at a time."""
    return map(_shown, problems_of(imported).iterator(chunk_size=500))


def findings_stream(imported: Import) -> Iterator[dict[str, Any]]:
    """Where personal data was found, in the file's order."""
    found = PersonalFinding.objects.filter(imported=imported).order_by("line", "id")
    return ({**one} for one in found.values("line", "field", "kind", "count").iterator(chunk_size=500))


def _shown(problem: ImportProblem) -> dict[str, Any]:
    return {"line": problem.line, "field": problem.field, "code": problem.code, "message": problem.message}
