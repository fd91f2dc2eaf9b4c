"""Silent retests."""

from django.db import connection

from apps.projects.models import Membership, Project

from ..domain.consistency import Retest

# A repeat has its original's candidates in the same positions, so that tiers lie side by side.
_ROWS = """
SELECT own.membership_id, task.repeats_id, task.prompt_id, said_first.tiers, said_again.tiers, again.submitted_at,
       extract(epoch FROM again.submitted_at - first.submitted_at) / 3600
FROM labeling_task task
JOIN labeling_judgment again ON again.task_id = task.id
JOIN labeling_ranking said_again ON said_again.judgment_id = again.id
JOIN labeling_assignment own ON own.id = again.assignment_id
JOIN labeling_assignment before ON before.membership_id = own.membership_id AND before.task_id = task.repeats_id
JOIN labeling_judgment first ON first.assignment_id = before.id
JOIN labeling_ranking said_first ON said_first.judgment_id = first.id
WHERE task.project_id = %(project)s AND task.repeats_id IS NOT NULL AND own.membership_id = coalesce(%(member)s, own.membership_id)
    AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = again.id)
    AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = first.id)
ORDER BY again.submitted_at, again.id
"""


def retests_of(project: Project, member: Membership | None = None) -> list[Retest]:
    """Each task that a labeler, or this one, judged twice, oldest repeat first; `labeler` is a member's key."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"project": project.pk, "member": member.pk if member else None})
        return [
            Retest(member, task, prompt, tuple(first), tuple(again), at, float(hours))
            for member, task, prompt, first, again, at, hours in cursor.fetchall()
        ]
