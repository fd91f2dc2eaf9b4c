"""What a card tells that cannot be counted record by record in little memory: the database counts it."""

from django.db import connection

from ..domain.statistics import Agreement
from ..models import DatasetSnapshot
from .reading import is_consensus

_PROMPTS = """
SELECT count(DISTINCT coalesce(item.prompt_id, task.prompt_id)) FROM datasets_snapshotitem item
LEFT JOIN labeling_judgment judgment ON judgment.id = item.judgment_id
LEFT JOIN labeling_task task ON task.id = judgment.task_id
WHERE item.snapshot_id = %s
"""
_PROMPTS_OF_PARTS = """
SELECT count(DISTINCT task.prompt_id) FROM datasets_snapshotconsensus line JOIN labeling_task task ON task.id = line.task_id
WHERE line.snapshot_id = %s
"""
# Of each labeler the last word that this snapshot holds: a correction and what it corrects are by one person, and one
# that came after the snapshot is none of its facts.
_TOGETHER = """
SELECT array_agg(tiers) FROM (
    SELECT DISTINCT ON (judgment.task_id, judgment.assignment_id, judgment.external_labeler_id)
        judgment.task_id, ranking.tiers
    FROM {held} item
    JOIN labeling_judgment judgment ON judgment.id = item.judgment_id
    JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
    WHERE item.snapshot_id = %s
    ORDER BY judgment.task_id, judgment.assignment_id, judgment.external_labeler_id, judgment.id DESC
) said
GROUP BY task_id HAVING count(*) > 1
"""


def prompts_in(snapshot: DatasetSnapshot) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_PROMPTS_OF_PARTS if is_consensus(snapshot) else _PROMPTS, [snapshot.pk])
        return int(cursor.fetchone()[0])


def agreement_in(snapshot: DatasetSnapshot) -> Agreement:
    """Among the rankings of tasks that several labelers ranked. Call it in a transaction: it reads by a cursor there."""
    found = Agreement()
    if snapshot.kind == DatasetSnapshot.Kind.RANKINGS:
        with connection.chunked_cursor() as cursor:  # as many rows as tasks: not all at once
            held = "datasets_snapshotpart" if is_consensus(snapshot) else "datasets_snapshotitem"
            cursor.execute(_TOGETHER.format(held=held), [snapshot.pk])
            for (rankings,) in cursor:
                found.add(rankings)
    return found
