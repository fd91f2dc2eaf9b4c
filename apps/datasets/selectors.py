"""Reads about snapshots."""

from dataclasses import dataclass

from django.db.models import QuerySet

from apps.projects.models import Project

from .domain.derived import derived_names
from .models import DatasetSnapshot, SnapshotFile, WantedFile


def snapshots_of(project: Project) -> QuerySet[DatasetSnapshot]:
    """The project's snapshots, newest first."""
    return DatasetSnapshot.objects.filter(project=project).select_related("requested_by").order_by("-id")


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """What lies in the store, the names of what is made on first request, and those of them that were asked for: why
    one could not be made, or nothing while a worker is at it."""

    made: list[SnapshotFile]
    derived: list[str]
    wanted: dict[str, str]

    @property
    def being_made(self) -> list[str]:
        return [name for name, error in self.wanted.items() if not error]


def files_of(snapshot: DatasetSnapshot) -> SnapshotFiles:
    made = list(SnapshotFile.objects.filter(snapshot=snapshot).order_by("id"))
    ready = snapshot.state == DatasetSnapshot.State.READY
    names = {file.name for file in made}
    derived = [name for name in derived_names(snapshot.kind) if ready and name not in names]
    wanted = WantedFile.objects.filter(snapshot=snapshot, name__in=derived).values_list("name", "error")
    return SnapshotFiles(made, derived, dict(wanted))
