"""What is left to do, and what is in hand. Counts stop at a number that says enough, so that a long queue costs no more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.projects.models import Membership, Project
from apps.prompts.models import Prompt

from ..models import Assignment, Judgment, Task
from .bands import BANDS
from .checks import checks_ahead
from .limits import Limits, limits_of
from .reasons import COUNT_AT_MOST, Code, Reason, query_values, reasons_in_queue

State = Assignment.State
# So many tasks are looked at for ones that this member may take; the claim alone looks at all there are.
LOOK_AT_MOST = 5_000


@dataclass(frozen=True, slots=True)
class QueueState:
    """`available` now for this member, at most a thousand counted; `more` says that there are others beyond, or, with
    none available, that there may be. `held_by_others` may come free, the first at `next_free_at`. `reasons` say why
    nothing is available."""

    available: int
    held_by_others: int
    next_free_at: datetime | None
    more: bool = False
    reasons: tuple[Reason, ...] = ()


def queue_state(
    member: Membership, kind: str | None = None, *, explain: bool = True, limits: Limits | None = None
) -> QueueState:
    """What is left to do for `member`, by the same rules as the claim. What is reserved for them is theirs to take.

    `limits`: where the caller has looked already whether any work is handed out to them.
    """
    limits = limits or limits_of(member)
    values = query_values(member, [kind] if kind else list(Task.Kind.values))
    held, free_at = _held(values)
    if limits.reason:
        return QueueState(0, held, free_at, reasons=(limits.reason,))
    found, more = _available(values)
    if found <= COUNT_AT_MOST and member.project.mixes_checks and Task.Kind.RANK in values["kinds"]:
        ranks, _ = _available(values | {"kinds": [Task.Kind.RANK]})
        found += checks_ahead(values | {"kinds": [Task.Kind.RANK]}, ranks)
    if not found:
        reasons = tuple(_reasons(member, values, held, free_at, to_the_end=not more)) if explain else ()
        return QueueState(0, held, free_at, more=more, reasons=reasons)
    most = COUNT_AT_MOST if limits.left is None else min(COUNT_AT_MOST, limits.left)
    return QueueState(min(found, most), held, free_at, more=found > COUNT_AT_MOST == most)


def _reasons(
    member: Membership, values: dict[str, Any], held: int, free_at: datetime | None, *, to_the_end: bool
) -> list[Reason]:
    """Why a queue is empty for `member` though nothing forbids them to work. Only who looked to its end says so."""
    reasons = reasons_in_queue(member, values)
    if held:
        reasons.insert(0, Reason(Code.HELD_BY_OTHERS, held, until=free_at))
    if not to_the_end:
        return reasons
    if member.judgments:
        reasons.append(Reason(Code.DONE, member.judgments))
    return reasons or [Reason(Code.NO_TASKS)]


# Each lane of each priority is entered at this member's cursor: nothing before it is for them (migration 0008). A
# subquery with a LIMIT is asked row by row, however many assignments the member has.
_LANES = f"""{BANDS}, lane AS (
    SELECT band.kind, band.priority, part.ends, coalesce(cur.position, part.begins) AS begins
    FROM band
    CROSS JOIN (VALUES (0, -4611686018427387904, -1), (1, 0, 9223372036854775806)) AS part(number, begins, ends)
    LEFT JOIN labeling_queuecursor cur ON cur.membership_id = %(member)s AND cur.kind = band.kind
        AND cur.priority = band.priority AND cur.lane = part.number
    WHERE band.priority IS NOT NULL
), ahead AS (
    SELECT task.* FROM lane CROSS JOIN LATERAL (
        SELECT task.id, task.purpose, task.sensitive, task.cohort, task.requires, task.writers
        FROM labeling_task task
        WHERE task.project_id = %(project)s AND task.kind = lane.kind AND task.priority = lane.priority
            AND task.position >= lane.begins AND task.position <= lane.ends
            AND task.state = 'open' AND task.open_slots > 0
        ORDER BY task.position LIMIT %(look)s
    ) AS task LIMIT %(look)s
)
"""  # noqa: S608 - nothing but constants
_AVAILABLE = """
SELECT count(*) FROM (
    SELECT FROM ahead task WHERE task.purpose = 'production'
        AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                            %(member)s, %(accepts)s, %(cohort)s::varchar, %(skills)s::varchar[])
        AND (SELECT true FROM labeling_assignment own WHERE own.membership_id = %(member)s AND own.task_id = task.id
             AND own.state IN ('submitted', 'skipped', 'leased', 'reserved', 'barred') LIMIT 1) IS NULL
    LIMIT %(most)s
) takeable
"""
_LOOKED_AT = "SELECT count(*) FROM ahead"
_RESERVED = """
SELECT count(*) FROM labeling_assignment own JOIN labeling_task task ON task.id = own.task_id
WHERE own.membership_id = %(member)s AND own.state = 'reserved' AND task.kind = ANY (%(kinds)s) AND task.state = 'open'
    AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                        %(member)s, %(accepts)s, %(cohort)s::varchar, %(skills)s::varchar[])
"""
# The leases and reservations of others on tasks without a slot left. There are never many, so they lead.
_HELD = """
SELECT count(*), min(held.lease_expires_at) FROM labeling_assignment held JOIN labeling_task task ON task.id = held.task_id
WHERE held.state IN ('leased', 'reserved') AND held.membership_id <> %(member)s
    AND task.project_id = %(project)s AND task.kind = ANY (%(kinds)s)
    AND task.state = 'open' AND task.purpose = 'production' AND task.open_slots = 0
    AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                        %(member)s, %(accepts)s, %(cohort)s::varchar, %(skills)s::varchar[])
    AND (SELECT true FROM labeling_assignment own WHERE own.membership_id = %(member)s AND own.task_id = task.id
         AND own.state IN ('submitted', 'skipped', 'leased', 'reserved', 'barred') LIMIT 1) IS NULL
"""


def _available(values: dict[str, Any]) -> tuple[int, bool]:
    """How many, counting one further than is told; and, where there are none, whether more were there than were looked at."""
    values = values | {"look": LOOK_AT_MOST, "most": COUNT_AT_MOST + 1}
    with connection.cursor() as cursor:
        cursor.execute(_RESERVED, values)
        reserved = int(cursor.fetchone()[0])
        cursor.execute(_LANES + _AVAILABLE, values)
        found = reserved + int(cursor.fetchone()[0])
        if found:
            return found, False
        cursor.execute(_LANES + _LOOKED_AT, values)
        return 0, bool(cursor.fetchone()[0] == LOOK_AT_MOST)


def _held(values: dict[str, Any]) -> tuple[int, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD, values)
        count, first = cursor.fetchone()
        return int(count), first


def held_assignment(member: Membership) -> Assignment | None:
    """The lease `member` holds now, if any."""
    return Assignment.objects.select_related("task").filter(membership=member, state=State.LEASED).first()


@dataclass(frozen=True, slots=True)
class Workload:
    prompts: int
    tasks_open: int
    judgments: int


def workload_of(project: Project) -> Workload:
    """How much there is and how much is done, for those who run a project."""
    return Workload(
        prompts=Prompt.objects.filter(project=project).count(),
        tasks_open=Task.objects.filter(project=project, state=Task.State.OPEN, open_slots__gt=0).count(),
        judgments=Judgment.objects.filter(task__project=project, supersedes=None).count(),
    )
