"""How many checks (gold, repeats) will come to a labeler between the tasks of their queue.

What they are told of the queue counts these in, or a number that stays the same would tell them what they have just got.
"""

from typing import Any

from django.db import connection

from ..domain.checks import Pace, checks_between

# More than this nobody gets between the tasks that are counted, at any sensible rate.
LOOK_AT_MOST = 1_000

_HELD = """
SELECT project.seed, project.gold_rate, project.retest_rate, member.judgments,
       (SELECT count(*) FROM labeling_assignment own WHERE own.membership_id = member.id AND own.state = 'leased'),
       (SELECT count(*) FROM labeling_assignment own JOIN labeling_task task ON task.id = own.task_id
        WHERE own.membership_id = member.id AND own.state = 'reserved' AND task.kind = ANY (%(kinds)s)),
       (SELECT count(*) FROM labeling_checkpace pace
        JOIN labeling_assignment own ON own.membership_id = pace.membership_id AND own.task_id = pace.task_id
        JOIN labeling_task task ON task.id = own.task_id
        WHERE pace.membership_id = member.id AND own.state IN ('released', 'expired') AND task.state = 'open'
            AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                                %(member)s, %(accepts)s, %(cohort)s::varchar, %(skills)s::varchar[]))
FROM projects_membership member JOIN projects_project project ON project.id = member.project_id
WHERE member.id = %(member)s
"""
_PACES = "SELECT sort, drawn, begins FROM labeling_checkpace WHERE membership_id = %(member)s"
_GOLD_LEFT = """
SELECT count(*) FROM (
    SELECT FROM labeling_task task
    WHERE task.project_id = %(project)s AND task.kind = ANY (%(kinds)s) AND task.purpose = 'gold' AND task.state = 'open'
        AND task.required IS NULL
        AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                            %(member)s, %(accepts)s, %(cohort)s::varchar, %(skills)s::varchar[])
        AND NOT EXISTS (
            SELECT FROM labeling_task other JOIN labeling_assignment own ON own.task_id = other.id
            WHERE other.prompt_id = task.prompt_id AND own.membership_id = %(member)s)
    LIMIT %(look)s
) left_over
"""
_RETESTS_LEFT = """
SELECT count(*) FROM (
    SELECT own.task_id FROM labeling_assignment own JOIN projects_project project ON project.id = %(project)s
    WHERE own.membership_id = %(member)s AND own.state = 'submitted'
        AND own.seen_at <= now() - make_interval(hours => project.retest_after_hours)
        AND own.seen_at <= (
            SELECT latest.seen_at FROM labeling_assignment latest
            WHERE latest.membership_id = %(member)s AND latest.state = 'submitted'
            ORDER BY latest.seen_at DESC OFFSET project.retest_after_judgments LIMIT 1)
    ORDER BY own.seen_at LIMIT %(look)s
) judged JOIN labeling_task task ON task.id = judged.task_id
WHERE task.kind = ANY (%(kinds)s) AND task.purpose = 'production' AND task.repeats_id IS NULL AND task.state = 'open'
    AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                        %(member)s, %(accepts)s, %(cohort)s::varchar, %(skills)s::varchar[])
    AND NOT EXISTS (
        SELECT FROM labeling_task again JOIN labeling_assignment own ON own.task_id = again.id
        WHERE again.repeats_id = task.id AND own.membership_id = %(member)s)
"""


def checks_ahead(values: dict[str, Any], tasks: int) -> int:
    """`values` are those of `query_values`, `tasks` what else there is to take, reserved ones among it."""
    values = values | {"look": LOOK_AT_MOST}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, values)
        seed, gold_rate, retest_rate, judgments, leased, reserved, returned = cursor.fetchone()
        at = judgments + leased + reserved + returned
        cursor.execute(_PACES, values)
        known = {sort: (drawn, begins) for sort, drawn, begins in cursor.fetchall()}
        paces = {}
        for sort, rate, query in (("gold", gold_rate, _GOLD_LEFT), ("retest", retest_rate, _RETESTS_LEFT)):
            if rate:
                cursor.execute(query, values)
                drawn, begins = known.get(sort, (0, at))
                paces[sort] = Pace(rate, drawn, begins, int(cursor.fetchone()[0]))
    return int(returned) + checks_between(tasks - reserved, at, paces, seed=seed, member=values["member"])
