"""Queues of thousands of tasks and judgments, laid out by SQL, and what a call touches of them."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from apps.projects.models import Membership, Project

_TASKS = """
WITH prompts AS (
    INSERT INTO prompts_prompt (uid, project_id, messages, use_case, sensitive, language, metadata, source_key, split,
                                content_sha256, external_ids)
    SELECT gen_random_uuid(), %(project)s, '[{"content":"' || gen_random_uuid() || '","role":"user"}]', '', false, '',
           '{}', '', 'train', md5(random()::text || n), '{}' FROM generate_series(1, %(count)s) n RETURNING id
), numbered AS (
    SELECT id, nextval(pg_get_serial_sequence('labeling_task', 'id')) AS task FROM prompts
)
INSERT INTO labeling_task (id, position, uid, project_id, prompt_id, kind, purpose, state, candidates, candidate_set,
                           required, open_slots, priority, sensitive, metadata, writers, requires, cohort)
SELECT task, task, gen_random_uuid(), %(project)s, id, 'demonstrate', 'production', 'open', '{}', '{}',
       %(required)s, %(required)s, 0, %(sensitive)s, '{}', '{}', %(requires)s, %(cohort)s FROM numbered ORDER BY task
"""
_JUDGED = """
INSERT INTO labeling_assignment (uid, task_id, membership_id, schema_id, state, display_order, seen_at, active_seconds,
                                 draft_revision, skip_code, skip_reason)
SELECT gen_random_uuid(), task.id, %(member)s, schema.id, 'submitted', '{}', now() - interval '2 days', 0, 0, '', ''
FROM labeling_task task JOIN projects_judgmentschema schema USING (project_id)
WHERE task.project_id = %(project)s AND task.kind = 'demonstrate' AND schema.number = 1
ON CONFLICT DO NOTHING
"""


def fill(
    project: Project,
    count: int,
    *,
    required: int = 1,
    sensitive: bool = False,
    requires: list[str] | None = None,
    cohort: str | None = None,
) -> None:
    """Tasks to write for, as many as that: they need no candidates, and the claim treats every kind alike."""
    values = {
        "project": project.pk, "count": count, "required": required, "sensitive": sensitive,
        "requires": requires or [], "cohort": cohort,
    }  # fmt: skip
    _lay(_TASKS, values)


def judge_all(member: Membership) -> None:
    """`member` has submitted every task there is now, without a slot less: enough others are still wanted."""
    _lay(_JUDGED, {"member": member.pk, "project": member.project_id})


def _lay(statement: str, values: dict[str, Any]) -> None:
    """Rows that keep every rule by the way they are made: triggers and keys would look at each for nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)


def settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE labeling_task, labeling_assignment, labeling_queuecursor")


def pages_touched(act: Callable[[], Any]) -> tuple[Any, int]:
    """The answer, and how many 8 kB pages of tables and their indexes it touched, by the server's own count."""
    before = _pages()
    answer = act()
    return answer, _pages() - before


def _pages() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0)"
            " + coalesce(toast_blks_hit + toast_blks_read, 0)) FROM pg_statio_user_tables"
        )
        return int(cursor.fetchone()[0])
