"""Lists of tasks for those who run a project, at a cost that a million tasks do not raise: every look is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from apps.projects.models import Project
from apps.prompts.selectors import messages_of

from ..models import OverlapStratum, Task
from .bands import BANDS
from .tasks import tasks_matching

PAGE_SIZE = 50
LOOK_AT_MOST = 20_000
COUNT_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class TaskRow:
    task: Task
    last_message: str

    @property
    def taken(self) -> int:
        """Judgments given, or being given now."""
        return (self.task.required or 0) - (self.task.open_slots or 0)


@dataclass(frozen=True, slots=True)
class TaskList:
    """`fits` of the `looked` tasks before `before` fit; the page shows the newest of them. `older` is where the next page
    begins, None where there is nothing before."""

    rows: list[TaskRow]
    fits: int
    looked: int
    older: int | None


def task_list(project: Project, *, before: int | None = None, **filters: Any) -> TaskList:
    """A page of the project's production tasks that the filters of `tasks_matching` leave, newest first."""
    every, found = tasks_matching(project), tasks_matching(project, **filters)
    if before is not None:
        every, found = every.filter(pk__lt=before), found.filter(pk__lt=before)
    last = every.order_by("-pk").values_list("pk", flat=True)[LOOK_AT_MOST - 1 : LOOK_AT_MOST].first()
    if last is not None:
        every, found = every.filter(pk__gte=last), found.filter(pk__gte=last)
    tasks = list(found.select_related("prompt").order_by("-pk")[: PAGE_SIZE + 1])
    older = tasks[PAGE_SIZE - 1].pk if len(tasks) > PAGE_SIZE else last
    return TaskList(
        rows=[TaskRow(task, messages_of(task.prompt)[-1]["content"]) for task in tasks[:PAGE_SIZE]],
        fits=found.count(),
        looked=every.count(),
        older=older,
    )


@dataclass(frozen=True, slots=True)
class Band:
    """The waiting tasks of a kind and priority; at most COUNT_AT_MOST are counted."""

    kind: str
    priority: int
    tasks: int

    @property
    def more(self) -> bool:
        return self.tasks > COUNT_AT_MOST

    @property
    def shown(self) -> int:
        return min(self.tasks, COUNT_AT_MOST)


_COUNTED = f"""{BANDS}
SELECT band.kind, band.priority, counted.n FROM band CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM labeling_task task
        WHERE task.project_id = %(project)s AND task.kind = band.kind AND task.priority = band.priority
            AND task.state = 'open' AND task.open_slots > 0
        LIMIT %(most)s
    ) AS waiting
) AS counted
WHERE band.priority IS NOT NULL ORDER BY array_position(%(kinds)s::varchar[], band.kind), band.priority DESC
LIMIT 60
"""  # noqa: S608 - nothing but constants


def bands_of(project: Project) -> list[Band]:
    """What waits, by kind and priority, in the order in which labelers get it."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"project": project.pk, "kinds": list(Task.Kind.values), "most": COUNT_AT_MOST + 1})
        return [Band(*row) for row in cursor.fetchall()]


def strata_of(project: Project) -> Sequence[str]:
    """The use cases that tasks were sampled by."""
    named: QuerySet[OverlapStratum] = OverlapStratum.objects.filter(project=project).exclude(stratum="")
    return list(named.order_by("stratum").values_list("stratum", flat=True))
