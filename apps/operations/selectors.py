"""What the workers have done and are doing for a project."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.datasets.models import DatasetSnapshot
from apps.datasets.selectors import snapshots_of
from apps.imports.models import Import
from apps.imports.selectors import imports_of
from apps.projects.models import Project

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Job:
    """One long job as a line: whatever kind it is, its state and its real error. `page` names its own page."""

    title: str
    state: str
    progress: str
    error: str
    created_at: datetime
    page: str
    uid: UUID


def jobs_of(project: Project) -> list[Job]:
    """The project's newest imports and snapshots, newest first."""
    jobs = [_import_job(imported) for imported in imports_of(project)[:SHOWN]]
    jobs += [_snapshot_job(snapshot) for snapshot in snapshots_of(project)[:SHOWN]]
    return sorted(jobs, key=lambda job: job.created_at, reverse=True)[:SHOWN]


def _import_job(imported: Import) -> Job:
    return Job(
        title=f"Import {imported.filename}".strip(),
        state=imported.state,
        progress=f"{imported.lines} lines, {imported.errors_total} errors",
        error=imported.error,
        created_at=imported.created_at,
        page="imports:import",
        uid=imported.uid,
    )


def _snapshot_job(snapshot: DatasetSnapshot) -> Job:
    return Job(
        title=f"Snapshot of {snapshot.kind} for {snapshot.purpose}",
        state=snapshot.state,
        progress=f"{snapshot.rows or 0} rows",
        error=snapshot.error,
        created_at=snapshot.created_at,
        page="datasets:snapshot",
        uid=snapshot.uid,
    )
