"""Counters beside the rows they count: what claims and quotas believe, and what is there.

Every verb changes both in one transaction, so a difference is a fault of ours or of someone's hand in the database. It
is told, and mended only when asked: whoever mends silently never learns of the fault.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from apps.audit.services import record
from apps.projects.models import Membership, Project

from ..models import OverlapStratum, Task

# The holders of a task's slots: leases, reservations, and first judgments that took one.
_SLOTS = """
SELECT task.id, task.open_slots, task.required - held.slots AS counted
FROM labeling_task task
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (
        WHERE assignment.state IN ('leased', 'reserved')
        OR assignment.state = 'submitted' AND EXISTS (SELECT FROM labeling_judgment judgment WHERE judgment.assignment_id = assignment.id
                   AND judgment.supersedes_id IS NULL AND NOT judgment.surplus)
    ) AS slots
    FROM labeling_assignment assignment WHERE assignment.task_id = task.id
) held
WHERE task.required IS NOT NULL AND task.open_slots <> task.required - held.slots {only}
"""
_JUDGMENTS = """
SELECT member.id, member.judgments, coalesce(given.n, 0) AS counted
FROM projects_membership member
LEFT JOIN (
    SELECT assignment.membership_id, count(*) AS n
    FROM labeling_judgment judgment JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
    WHERE judgment.supersedes_id IS NULL GROUP BY assignment.membership_id
) given ON given.membership_id = member.id
WHERE member.judgments <> coalesce(given.n, 0) {only}
"""
# A task is numbered in the transaction that makes it, and only where the project has a sample.
_STRATA = """
SELECT stratum.id, stratum.tasks, coalesce(made.n, 0) AS counted
FROM labeling_overlapstratum stratum
LEFT JOIN (
    SELECT task.project_id, prompt.use_case, count(*) AS n
    FROM labeling_task task JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
    WHERE task.project_id IN (SELECT project_id FROM labeling_overlapstratum) GROUP BY task.project_id, prompt.use_case
) made ON made.project_id = stratum.project_id AND made.use_case = stratum.stratum
WHERE stratum.tasks > coalesce(made.n, 0)
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One counter that does not say what the rows do."""

    counter: str
    target: Any
    says: int
    counted: int

    def __str__(self) -> str:
        return f"{self.counter} of {self.target} in {self.project.slug}: {self.says}, its rows say {self.counted}"

    @property
    def project(self) -> Project:
        project: Project = self.target.project
        return project


def counter_differences() -> list[Difference]:
    """What differs: each counter and its rows are read in one statement, so work that goes on is no difference."""
    return [*_of_tasks(), *_of_members(), *_found("numbered tasks", OverlapStratum, _STRATA)]


def counters_mend() -> list[Difference]:
    """Set the counters of tasks and members to what the rows say, each with an audit entry. Returns what was mended.

    The numbers of strata stay: to number tasks twice would draw a block of the sample twice. So do the slots of a task
    with more judgments than it asked for.
    """
    tasks = [_mended(Task, "open_slots", one.target.pk, _of_tasks) for one in _of_tasks()]
    members = [_mended(Membership, "judgments", one.target.pk, _of_members) for one in _of_members()]
    return [one for one in (*tasks, *members) if one]


@transaction.atomic
def _mended(model: type[Any], field: str, pk: int, look: Callable[[int], Iterable[Difference]]) -> Difference | None:
    """Looked at again under the lock that every verb takes before it moves this counter."""
    row = model.objects.select_for_update(no_key=True).get(pk=pk)
    for one in look(pk):
        if one.counted >= 0:
            setattr(row, field, one.counted)
            row.save(update_fields=[field])
            record(actor=None, verb="counter.mended", target=row, counter=field, was=one.says, now=one.counted)
            return one
    return None


def _of_tasks(pk: int | None = None) -> list[Difference]:
    return _found("open_slots", Task, _SLOTS.format(only="" if pk is None else f"AND task.id = {pk:d}"))


def _of_members(pk: int | None = None) -> list[Difference]:
    return _found("judgments", Membership, _JUDGMENTS.format(only="" if pk is None else f"AND member.id = {pk:d}"))


def _found(counter: str, model: type[Any], statement: str) -> list[Difference]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    targets = model.objects.in_bulk([pk for pk, _, _ in rows])
    return [Difference(counter, targets[pk], says, counted) for pk, says, counted in rows]
