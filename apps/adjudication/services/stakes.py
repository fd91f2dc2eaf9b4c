"""What puts one disagreement before another: how much of it there is, and what is at stake.

score = disagreement x (1 + pairs it feeds into training) x 2 if sensitive x 2 if its use case weighs double
        x 2 ^ priority, the priority taken from -3 to 3
"""

from django.db import connection

from apps.projects.models import Project

WEIGHTED_PRIORITY = 3
# A number of 18 digits: eight of the score in thousandths, ten of the task, so that no two are alike and the older
# task comes first.
_MOST_SCORE, _TASKS = 10**8 - 1, 10**10


def score_of(row: str, task: str) -> str:
    """SQL: of columns of `row` (disagreement, feeds) and of `task` (sensitive, priority), with `prompt` and `rules`."""
    return (
        f"{row}disagreement * (1 + {row}feeds) * CASE WHEN {task}.sensitive THEN 2 ELSE 1 END "
        f"* CASE WHEN prompt.use_case = ANY (coalesce(rules.use_cases, '{{}}')) THEN 2 ELSE 1 END "
        f"* power(2, greatest(-{WEIGHTED_PRIORITY}, least({WEIGHTED_PRIORITY}, {task}.priority)))"
    )


def place_of(score: str, task: str) -> str:
    """SQL: where a task of that score stands in the queue."""
    return f"least({_MOST_SCORE}, round(1000 * ({score})))::bigint * {_TASKS} + {_TASKS - 1} - mod({task}, {_TASKS})"


SCORE = score_of("", "task")
_SYNC = f"""
UPDATE adjudication_disagreement known
SET sensitive = now.sensitive, priority = now.priority, place = now.place
FROM (
    SELECT kept.task_id, task.sensitive, task.priority, {place_of(score_of("kept.", "task"), "task.id")} AS place
    FROM adjudication_disagreement kept
    JOIN labeling_task task ON task.id = kept.task_id
    JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
    LEFT JOIN adjudication_adjudicationrules rules ON rules.project_id = kept.project_id
    WHERE kept.project_id = %(project)s AND NOT kept.resolved AND kept.alike < kept.compared {{of}}
) now
WHERE known.task_id = now.task_id
AND (known.sensitive, known.priority, known.place) IS DISTINCT FROM (now.sensitive, now.priority, now.place)
"""  # noqa: S608 - own expressions
_TAKEN = "WITH taken AS (DELETE FROM adjudication_changedstakes WHERE project_id = %(project)s RETURNING task_id)"
_SYNC_ALL = _SYNC.replace("{of}", "")
_SYNC_CHANGED = _TAKEN + _SYNC.replace("{of}", "AND kept.task_id IN (SELECT task_id FROM taken)")


def stakes_sync(*, project: Project) -> int:
    """Take over the project's rules for all that waits: that grows with it. How many rows moved."""
    return _done(_SYNC_ALL, project)


def stakes_take_over(*, project: Project) -> int:
    """Take over what changed of tasks (priority, sensitive) since the last time. How many rows moved."""
    return _done(_SYNC_CHANGED, project)


def _done(statement: str, project: Project) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"project": project.pk})
        return int(cursor.rowcount)
