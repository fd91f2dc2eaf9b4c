"""The plain definition of whose replies people ranked higher: two replies of two models in a ranking, one after another."""

from collections import defaultdict

from django.db import connection

_ROWS = """
WITH written AS (
    SELECT completion.id, completion.prompt_id, completion.model_version_id AS model
    FROM prompts_completion completion JOIN prompts_prompt prompt ON prompt.id = completion.prompt_id
    WHERE completion.model_version_id = ANY(%(models)s) AND prompt.project_id = %(project)s
), said AS (
    SELECT one.model AS one, other.model AS other, task.prompt_id,
           sign(ranking.tiers[array_position(task.candidates, other.id)]
                - ranking.tiers[array_position(task.candidates, one.id)])::int AS ahead
    FROM written one
    JOIN written other ON other.prompt_id = one.prompt_id AND other.model > one.model
    JOIN labeling_task task ON task.prompt_id = one.prompt_id AND task.candidates @> ARRAY[one.id, other.id]
    JOIN labeling_judgment judgment ON judgment.task_id = task.id
    JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
    LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
    WHERE task.project_id = %(project)s AND task.purpose = 'production' AND task.repeats_id IS NULL
    AND (external.id IS NULL OR external.kind = 'person')
    AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
)
SELECT one, other, count(*) FILTER (WHERE ahead = 1), count(*) FILTER (WHERE ahead = 0),
       count(*) FILTER (WHERE ahead = -1)
FROM said GROUP BY one, other, prompt_id
"""


def said_of(models, project):
    """By two models, the lower key first: above, tied and below on each prompt, in order."""
    found = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"models": [model.pk for model in models], "project": project.pk})
        for one, other, *counts in cursor.fetchall():
            found[one, other].append(tuple(counts))
    return {pair: sorted(rows) for pair, rows in found.items()}
