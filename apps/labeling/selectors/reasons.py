"""Why a queue is empty for someone. It names what keeps tasks from them, never what the tasks are for or who answered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from apps.projects.models import Membership

COUNT_AT_MOST = 1_000
# Tasks that are kept for someone have an index of their own; no more of them are looked at.
LOOK_AT_MOST = 2_000
NAMED_AT_MOST = 8


class Code(StrEnum):
    """What the API calls a reason. The first four stop all work, the others say where the tasks are."""

    PROJECT_NOT_ACTIVE = "project_not_active"
    GUIDELINE_UNACKNOWLEDGED = "guideline_unacknowledged"
    QUOTA_REACHED = "quota_reached"
    DAILY_QUOTA_REACHED = "daily_quota_reached"
    HELD_BY_OTHERS = "held_by_others"
    SENSITIVE_NOT_ACCEPTED = "sensitive_not_accepted"
    SKILLS_MISSING = "skills_missing"
    KEPT_FOR_OTHERS = "kept_for_others"
    OWN_TEXTS = "own_texts"
    ANSWERS_SEEN = "answers_seen"
    DONE = "done"
    NO_TASKS = "no_tasks"


@dataclass(frozen=True, slots=True)
class Reason:
    """`count` is of tasks, or the number that the reason is about: a quota, a guideline's number, judgments given.

    `more`: there are others beyond. `until`: when it may change by itself. `skills`: those that are missing.
    """

    code: Code
    count: int | None = None
    more: bool = False
    until: datetime | None = None
    skills: tuple[str, ...] = ()


def query_values(member: Membership, kinds: Sequence[str]) -> dict[str, Any]:
    """What the queries about a member's queue are asked with."""
    return {
        "project": member.project_id, "kinds": list(kinds), "member": member.pk, "accepts": member.accepts_sensitive,
        "cohort": member.cohort, "skills": member.skills,
    }  # fmt: skip


def reasons_in_queue(member: Membership, values: dict[str, Any]) -> list[Reason]:
    """Where the open tasks are that `member` may not take, in the order of what they can do about it."""
    counts, missing, more = _set_apart(values)
    reasons = [
        Reason(Code.SENSITIVE_NOT_ACCEPTED, counts["sensitive"], more),
        Reason(Code.SKILLS_MISSING, counts["skills"], more, skills=missing),
        Reason(Code.OWN_TEXTS, *_own_texts(values)),
        Reason(Code.ANSWERS_SEEN, *_answers_seen(member, values)),
    ]
    # How many are kept for others is not theirs to know.
    kept = [Reason(Code.KEPT_FOR_OTHERS)] if counts["cohort"] else []
    return [*(reason for reason in reasons if reason.count), *kept]


# One reason for each task, the one that the member can do least about.
_SET_APART = """
SELECT why, missing, count(*) FROM (SELECT CASE WHEN task.cohort <> %(cohort)s THEN 'cohort'
            WHEN NOT task.requires <@ %(skills)s::varchar[] THEN 'skills' ELSE 'sensitive' END AS why,
       CASE WHEN task.cohort IS NULL OR task.cohort = %(cohort)s
            THEN ARRAY(SELECT unnest(task.requires) EXCEPT SELECT unnest(%(skills)s::varchar[])) END AS missing
FROM (
    SELECT id, sensitive, cohort, requires, writers, purpose FROM labeling_task
    WHERE project_id = %(project)s AND kind = ANY (%(kinds)s) AND state = 'open' AND open_slots > 0
        AND (sensitive OR cohort IS NOT NULL OR requires <> '{}')
    LIMIT %(look)s
) AS task
WHERE task.purpose = 'production' AND NOT %(member)s = ANY (task.writers)
    AND NOT labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                            %(member)s, %(accepts)s, %(cohort)s::varchar, %(skills)s::varchar[])
    AND (SELECT true FROM labeling_assignment own WHERE own.membership_id = %(member)s AND own.task_id = task.id
         AND own.state IN ('submitted', 'skipped', 'barred') LIMIT 1) IS NULL
) AS kept GROUP BY why, missing
"""


def _set_apart(values: dict[str, Any]) -> tuple[Counter[str], tuple[str, ...], bool]:
    """How many tasks are kept from the member by what, the commonest skills they lack, and whether there are more."""
    with connection.cursor() as cursor:
        cursor.execute(_SET_APART, values | {"look": LOOK_AT_MOST})
        rows = cursor.fetchall()
    counts, missing = Counter[str](), Counter[str]()
    for why, skills, count in rows:
        counts[why] += count
        missing.update(dict.fromkeys(skills or (), count))
    names = tuple(name for name, _ in sorted(missing.items(), key=lambda item: (-item[1], item[0]))[:NAMED_AT_MOST])
    more = counts.total() > COUNT_AT_MOST
    return Counter({why: min(n, COUNT_AT_MOST) for why, n in counts.items()}), names, more


_OWN_TEXTS = """
SELECT count(*) FROM (
    SELECT FROM labeling_task task
    WHERE task.prompt_id IN (
            SELECT id FROM prompts_prompt WHERE author_id = %(member)s
            UNION SELECT prompt_id FROM prompts_completion WHERE member_id = %(member)s)
        AND %(member)s = ANY (task.writers) AND task.kind = ANY (%(kinds)s)
        AND task.state = 'open' AND task.open_slots > 0 AND task.purpose = 'production'
    LIMIT %(most)s
) own
"""


def _own_texts(values: dict[str, Any]) -> tuple[int, bool]:
    """Tasks whose prompt or one of whose candidates the member wrote."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN_TEXTS, values | {"most": COUNT_AT_MOST + 1})
        found = int(cursor.fetchone()[0])
    return min(found, COUNT_AT_MOST), found > COUNT_AT_MOST


_ANSWERS_SEEN = """
SELECT count(*) FROM (
    SELECT FROM labeling_assignment own JOIN labeling_task task ON task.id = own.task_id
    WHERE own.membership_id = %(member)s AND own.state = 'barred' AND task.kind = ANY (%(kinds)s)
        AND task.state = 'open' AND task.open_slots > 0
    LIMIT %(most)s
) seen
"""


def _answers_seen(member: Membership, values: dict[str, Any]) -> tuple[int, bool]:
    """Tasks of which the member, who adjudicates, has seen what others said."""
    if member.role != Membership.Role.ADJUDICATOR:
        return 0, False
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS_SEEN, values | {"most": COUNT_AT_MOST + 1})
        found = int(cursor.fetchone()[0])
    return min(found, COUNT_AT_MOST), found > COUNT_AT_MOST
