"""What the workers have done and are doing for a project."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from apps.datasets.models import DatasetSnapshot
from apps.datasets.selectors import snapshots_of
from apps.imports.models import Import
from apps.imports.selectors import imports_of
from apps.projects.models import Project

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Job:
    """One long job as a line: whatever kind it is, its state and its real error."""

    title: str
    state: str
    progress: str
    error: str
    created_at: datetime
    url: str


def jobs_of(project: Project) -> list[Job]:
    """The project's newest imports and snapshots, newest first."""
    jobs = [_import_job(project, imported) for imported in imports_of(project)[:SHOWN]]
    jobs += [_snapshot_job(project, snapshot) for snapshot in snapshots_of(project)[:SHOWN]]
    return sorted(jobs, key=lambda job: job.created_at, reverse=True)[:SHOWN]


def _import_job(project: Project, imported: Import) -> Job:
    return Job(
        title=f"Import {imported.filename}".strip(),
        state=imported.state,
        progress=f"{imported.lines} lines, {imported.errors_total} errors",
        error=imported.error,
        created_at=imported.created_at,
        url=reverse("imports:import", args=[project.slug, imported.uid]),
    )


def _snapshot_job(project: Project, snapshot: DatasetSnapshot) -> Job:
    return Job(
        title=f"Snapshot of {snapshot.kind} for {snapshot.purpose}",
        state=snapshot.state,
        progress=f"{snapshot.rows or 0} rows",
        error=snapshot.error,
        created_at=snapshot.created_at,
        url=reverse("datasets:snapshot", args=[project.slug, snapshot.uid]),
    )
