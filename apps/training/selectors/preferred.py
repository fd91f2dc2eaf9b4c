"""Whose replies people ranked above whose, of models that answered the same prompts."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from django.db import connection

from apps.projects.models import Project
from apps.quality.domain.bias.intervals import over_prompts, ratio, wilson
from apps.registry.models import ModelVersion

# What people said of work: no gold (chosen for its clear answer), no silent retest (a second look), no adjudication, no
# exam; as it stands now. Members of both cohorts and imported persons; no pool, no model, no simulated labeler.
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
# Of fewer prompts an interval says more of the method than of the models.
FEWEST_PROMPTS = 5


@dataclass(frozen=True, slots=True)
class Preferred:
    """How often `one` was ranked above `other`, over every pair of their replies in a ranking.

    `share` counts a tie for half; its 95 % interval draws whole prompts, with all that was said of them.
    """

    one: ModelVersion
    other: ModelVersion
    above: int
    tied: int
    below: int
    prompts: int
    share: float
    low: float | None
    high: float | None

    @property
    def comparisons(self) -> int:
        return self.above + self.tied + self.below


def preferred_among(models: list[ModelVersion], project: Project) -> list[Preferred]:
    """Of each two of them whose replies were ranked together, in the order given."""
    sums = _sums(models, project)
    found = []
    for one, other in combinations(models, 2):
        if rows := sums.get((one.pk, other.pk)) or _turned(sums.get((other.pk, one.pk))):
            found.append(_counted(one, other, rows))
    return found


Rows = list[tuple[int, int, int]]


def _sums(models: list[ModelVersion], project: Project) -> dict[tuple[int, int], Rows]:
    """Above, tied and below on each prompt, by the two models."""
    sums: dict[tuple[int, int], Rows] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"models": [model.pk for model in models], "project": project.pk})
        for one, other, above, tied, below in cursor.fetchall():
            sums.setdefault((one, other), []).append((above, tied, below))
    return sums


def _turned(rows: Rows | None) -> Rows:
    return [(below, tied, above) for above, tied, below in rows or []]


def _counted(one: ModelVersion, other: ModelVersion, rows: Rows) -> Preferred:
    counts = np.array(rows, np.int64)
    above, tied, below = (int(number) for number in counts.sum(axis=0))
    share = (above + tied / 2) / (above + tied + below)
    low, high = _interval(counts, share)
    return Preferred(one, other, above, tied, below, len(rows), share, low, high)


def _interval(
    counts: np.ndarray[tuple[int, ...], np.dtype[np.int64]], share: float
) -> tuple[float | None, float | None]:
    """Where every prompt says the same, drawing them would claim certainty: then each prompt is one observation."""
    if len(counts) < FEWEST_PROMPTS:
        return None, None
    halves = np.column_stack([2 * counts[:, 0] + counts[:, 1], 2 * counts.sum(axis=1)])
    found = over_prompts(halves, ratio) if np.ptp(halves[:, 0] / halves[:, 1]) > 0 else None
    found = found or wilson(share * len(counts), len(counts))
    return found.low, found.high
