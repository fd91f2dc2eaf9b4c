"""Whether something was said since somebody looked, and that one process at a time looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from apps.labeling.models import Judgment
from apps.projects.models import Project

from ..domain.mark import Mark

_MINE = "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)"
_LOCK = "SELECT pg_try_advisory_lock(hashtext(%s), %s)"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext(%s), %s)"
# A transaction may commit a judgment after another with a higher id; none goes on for longer than this.
_READ_TO = """
SELECT coalesce(min(id) FILTER (WHERE submitted_at >= statement_timestamp() - interval '10 minutes') - 1, max(id), %(known)s)
FROM labeling_judgment WHERE id > %(known)s
"""
_ABOVE = """
SELECT count(*) FROM labeling_judgment judgment JOIN labeling_task task ON task.id = judgment.task_id
WHERE judgment.id > %s AND task.project_id = %s
"""
# A mark that lies further back moves on though its project is quiet: whatever other projects say above it is counted each time.
FAR = 10_000


@contextmanager
def alone(what: str, project: Project) -> Iterator[bool]:
    """Whether nobody else makes `what` of the project. The lock is this connection's, so a killed process leaves nothing
    behind, and no transaction is open meanwhile: an old one keeps dead rows of every table."""
    key = _key(what, project)
    mine = bool(_one(_LOCK, key))
    try:
        yield mine
    finally:
        if mine:
            _one(_UNLOCK, key)


def mine_to_make(what: str, project: Project) -> bool:
    """Whether this transaction may make `what` of the project; False while another does. For what is quick: see `alone`."""
    return bool(_one(_MINE, _key(what, project)))


def mark_now(project: Project, known: Mark | None) -> Mark:
    """How far a look goes that begins now. Ask before anything is read: whatever comes meanwhile is not counted in it, and
    so is looked at, perhaps once more, the next time."""
    read_to = read_to_now(known.read_to if known else 0)
    return Mark(read_to, judgments_above(project, read_to))


def nothing_since(project: Project, known: Mark) -> bool:
    return judgments_above(project, known.read_to) == known.above


def read_to_now(known: int) -> int:
    """Up to which id every judgment is committed. Ask before anything is read: whatever comes meanwhile is above it."""
    return int(_one(_READ_TO, {"known": known}))


def judgments_above(project: Project, read_to: int) -> int:
    return int(_one(_ABOVE, [read_to, project.pk]))


def few_judgments(project: Project, most: int, above: int = 0) -> bool:
    """Whether no more than `most` are there with an id above `above`, so that somebody may wait for a look at them."""
    judgments = Judgment.objects.filter(task__project=project, pk__gt=above)
    return not judgments.order_by()[most : most + 1].exists()


def _key(what: str, project: Project) -> list[Any]:
    return [f"quality.{what}", project.pk % 2**31]


def _one(statement: str, values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
