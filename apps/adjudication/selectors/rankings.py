"""The rankings of some tasks, as columns: one of each person, the current one."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from django.db import connection
from pyarrow import csv

from apps.core.domain.ranking import K_MAX
from apps.projects.models import Project
from apps.quality.domain.table import Ints, Tiers
from apps.quality.selectors.rankings import tiers_of

from ..domain.disagreement import Bools

# Production tasks only: a gold item has its own scores, and a silent retest is no second opinion.
CONTESTABLE = "task.kind = 'rank' AND task.purpose = 'production' AND task.repeats_id IS NULL"
# Persons: a pool, a model or a simulated labeler is none.
CURRENT = """
FROM labeling_judgment judgment
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
WHERE (external.kind IS NULL OR external.kind = 'person')
AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
"""
_TOUCHED = f"""
SELECT DISTINCT judgment.task_id FROM labeling_judgment judgment JOIN labeling_task task ON task.id = judgment.task_id
WHERE judgment.id > %s AND task.project_id = %s AND {CONTESTABLE} ORDER BY 1
"""  # noqa: S608
_ROWS = f"""
SELECT judgment.task_id, (judgment.cohort = 'training')::int, array_to_string(ranking.tiers, '')
{CURRENT} AND judgment.task_id = ANY ('{{{{{{tasks}}}}}}'::bigint[])
"""
_NAMES = ("task", "training", "tiers")


@dataclass(frozen=True)
class TaskRankings:
    task: Ints
    training: Bools
    tiers: Tiers


def tasks_touched(project: Project, after: int) -> list[int]:
    """The tasks of which something was said in a judgment with an id above `after`."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, [after, project.pk])
        return [task for (task,) in cursor.fetchall()]


def rankings_of(tasks: Sequence[int]) -> TaskRankings:
    file = io.BytesIO()
    with connection.cursor() as cursor:
        rows = _ROWS.format(tasks=",".join(map(str, tasks)))
        cursor.copy_expert(f"COPY ({rows}) TO STDOUT (FORMAT csv)", file)
    if not file.tell():
        none = np.zeros(0, np.int64)
        return TaskRankings(none, none == 1, np.zeros((0, K_MAX), np.int8))
    file.seek(0)
    table = csv.read_csv(
        file,
        read_options=csv.ReadOptions(column_names=list(_NAMES)),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(_NAMES, pa.int64())),
    )
    columns = {name: table[name].to_numpy() for name in _NAMES}
    return TaskRankings(columns["task"], columns["training"] == 1, tiers_of(columns["tiers"]))
