"""Whether something was said since a report was made, and that one process at a time makes it."""

from typing import Any

from django.db import connection

from apps.labeling.models import Judgment
from apps.projects.models import Project

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)"
# A transaction may commit a judgment after another with a higher id; none goes on for longer than this.
_READ_TO = """
SELECT coalesce(min(id) FILTER (WHERE submitted_at >= statement_timestamp() - interval '10 minutes') - 1, max(id), %(known)s)
FROM labeling_judgment WHERE id > %(known)s
"""
_ABOVE = """
SELECT count(*) FROM labeling_judgment judgment JOIN labeling_task task ON task.id = judgment.task_id
WHERE judgment.id > %s AND task.project_id = %s
"""


def mine_to_make(what: str, project: Project) -> bool:
    """Whether this transaction may make `what` of the project; False while another does."""
    return bool(_one(_LOCK, [f"quality.{what}", project.pk % 2**31]))


def read_to_now(known: int) -> int:
    """Up to which id every judgment is committed. Ask before anything is read: whatever comes meanwhile is above it."""
    return int(_one(_READ_TO, {"known": known}))


def judgments_above(project: Project, read_to: int) -> int:
    return int(_one(_ABOVE, [read_to, project.pk]))


def few_judgments(project: Project, most: int, above: int = 0) -> bool:
    """Whether no more than `most` are there with an id above `above`, so that somebody may wait for a look at them."""
    judgments = Judgment.objects.filter(task__project=project, pk__gt=above)
    return not judgments.order_by()[most : most + 1].exists()


def _one(statement: str, values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
