"""What the workers have done and are doing for a project."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.datasets.models import DatasetSnapshot
from apps.datasets.selectors import snapshots_of
from apps.imports.models import Import
from apps.imports.selectors import imports_of
from apps.projects.models import Project
from apps.registry.models import GenerationRun
from apps.registry.run import Run
from apps.training.models import TrainingRun
from apps.training.selectors.runs import generation_runs_of, training_runs_of

SHOWN = 30
# What the nightly look at the counters found is shown until the look after the next should have come.
LOOKED_LATELY = timedelta(hours=50)


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
    """The project's newest imports, snapshots and runs, newest first."""
    jobs = [_import_job(imported) for imported in imports_of(project)[:SHOWN]]
    jobs += [_snapshot_job(snapshot) for snapshot in snapshots_of(project)[:SHOWN]]
    jobs += [_training_job(run) for run in training_runs_of(project)[:SHOWN]]
    jobs += [_generation_job(run) for run in generation_runs_of(project)[:SHOWN]]
    return sorted(jobs, key=lambda job: job.created_at, reverse=True)[:SHOWN]


def _import_job(imported: Import) -> Job:
    return Job(
        title=f"Import {imported.filename}".strip(),
        state=imported.state,
        progress=f"{imported.lines:,} lines, {imported.errors_total:,} errors",
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


def _training_job(run: TrainingRun) -> Job:
    return _run_job(run, f"Training of {run.model_name} ({run.kind})", "training:run")


def _generation_job(run: GenerationRun) -> Job:
    return _run_job(run, f"Completions by {run.model_version}", "training:generation")


def _run_job(run: Run, title: str, page: str) -> Job:
    total = "" if run.steps_total is None else f" of {run.steps_total}"
    return Job(
        title=title,
        state=run.state,
        progress=f"step {run.step}{total}",
        error=run.failure or ("" if run.is_over else run.notice),
        created_at=run.created_at,
        page=page,
        uid=run.uid,
    )


def counter_differences_of(project: Project) -> list[str]:
    """What the last look found to differ from the rows, in sentences. Empty when all is well."""
    last = (
        AuditEntry.objects.filter(
            object_type="project", object_uid=str(getattr(project, "uid", project.pk)), verb__startswith="counters.",
            at__gte=timezone.now() - LOOKED_LATELY,
        )
        .order_by("-id")
        .first()
    )  # fmt: skip
    return list(last.data.get("examples", [])) if last else []
