"""What must never be, counted in the rows and in what the labelers were told."""

from django.db import connection

from apps.labeling.services.check import counter_differences
from bench.soak_labeler import Ledger

_OVER_ASSIGNED = """
SELECT count(*) FROM labeling_task task WHERE task.required < (
    SELECT count(*) FROM labeling_assignment assignment
    LEFT JOIN labeling_judgment judgment ON judgment.assignment_id = assignment.id AND judgment.supersedes_id IS NULL
    WHERE assignment.task_id = task.id
    AND (assignment.state IN ('leased', 'reserved') OR judgment.id IS NOT NULL AND NOT judgment.surplus))
"""
_LOST = "SELECT count(*) FROM unnest(%s::uuid[]) told WHERE NOT EXISTS (SELECT FROM labeling_judgment WHERE uid = told)"
_TWICE = """
SELECT count(*) FROM (
    SELECT FROM labeling_judgment judgment JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
    WHERE judgment.supersedes_id IS NULL GROUP BY assignment.membership_id, assignment.task_id HAVING count(*) > 1) twice
"""
_WITHOUT = """
SELECT count(*) FROM labeling_assignment assignment WHERE (assignment.state = 'submitted') <> EXISTS (
    SELECT FROM labeling_judgment judgment WHERE judgment.assignment_id = assignment.id)
"""
_HALF = """
SELECT count(*) FROM labeling_judgment judgment WHERE NOT EXISTS (SELECT FROM labeling_ranking WHERE judgment_id = judgment.id)
OR NOT EXISTS (SELECT FROM labeling_ratings WHERE judgment_id = judgment.id)
OR NOT EXISTS (SELECT FROM audit_auditentry entry WHERE entry.object_type = 'judgment'
               AND entry.object_uid = judgment.uid::text AND entry.verb = 'judgment.submitted')
"""
# A task that someone, who had been told that there is none, might still take.
_LEFT = """
SELECT count(*) FROM labeling_task task WHERE task.state = 'open' AND task.open_slots > 0 AND EXISTS (
    SELECT FROM projects_membership member JOIN accounts_user account ON account.id = member.user_id
    WHERE member.project_id = task.project_id AND account.email LIKE 'crowd%%'
    AND NOT EXISTS (SELECT FROM labeling_assignment assignment
                    WHERE assignment.membership_id = member.id AND assignment.task_id = task.id
                    AND assignment.state IN ('submitted', 'skipped', 'leased', 'reserved')))
"""


def wrongs(ledger: Ledger) -> dict[str, int]:
    return {
        "tasks over-assigned": _count(_OVER_ASSIGNED),
        "judgments confirmed and lost": _count(_LOST, [ledger.confirmed]),
        "judgments twice": _count(_TWICE),
        "submitted without a judgment, or the reverse": _count(_WITHOUT),
        "judgments without ranking, ratings or audit": _count(_HALF),
        'false "nothing left"': _count(_LEFT) if ledger.ends else ledger.nothing_left,
        "counters that differ": len(counter_differences()),
        "answers of 500 and above": sum(times for what, times in ledger.answers.items() if ": 5" in what),
    }


def _count(statement: str, values: list[object] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement if values else statement.replace("%%", "%"), values)
        return int(cursor.fetchone()[0])
