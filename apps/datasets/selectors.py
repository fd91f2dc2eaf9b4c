"""Reads about snapshots."""

from dataclasses import dataclass

from django.db.models import QuerySet

from apps.projects.models import Project

from .domain.derived import derived_names
from .models import DatasetSnapshot, SnapshotFile


def snapshots_of(project: Project) -> QuerySet[DatasetSnapshot]:
    """The project's snapshots, newest first."""
    return DatasetSnapshot.objects.filter(project=project).select_related("requested_by").order_by("-id")


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """What lies in the store, and the names of what is made on first request."""

    made: list[SnapshotFile]
    derived: list[str]


def files_of(snapshot: DatasetSnapshot) -> SnapshotFiles:
    made = list(SnapshotFile.objects.filter(snapshot=snapshot).order_by("id"))
    ready = snapshot.state == DatasetSnapshot.State.READY
    names = {file.name for file in made}
    return SnapshotFiles(made, [name for name in derived_names(snapshot.kind) if ready and name not in names])
