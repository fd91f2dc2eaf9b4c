"""The lines of a snapshot whose judgments are aggregated or adjudicated: one ranking a task, and what it is made of.

The judgments chosen are read as columns in an order of their own (their uids), so that nothing depends on how they lie.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from apps.adjudication.domain.consensus import consensus
from apps.adjudication.domain.disagreement import disagreements
from apps.core.domain.ranking import K_MAX
from apps.quality.domain.table import Ints, Tiers
from apps.quality.selectors.rankings import tiers_of

from ..domain.filters import SnapshotFilter
from ..models import DatasetSnapshot, Purpose

_DIGITS, _DIGITS_OF_WEIGHTS = 4, 3
_ROWS = """
SELECT judgment.id, judgment.task_id, coalesce(2 * assignment.membership_id, 2 * judgment.external_labeler_id + 1),
       (SELECT string_agg(tier::text, '' ORDER BY candidate) FROM unnest(task.candidates, ranking.tiers) AS said(candidate, tier))
FROM ({picked}) AS picked(id)
JOIN labeling_judgment judgment ON judgment.id = picked.id
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
JOIN labeling_task task ON task.id = judgment.task_id
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
ORDER BY task.uid, judgment.uid
"""
_AGGREGATED = """
INSERT INTO datasets_snapshotconsensus (snapshot_id, line, task_id, uid, method, tiers, agreement, reliability)
SELECT %(snapshot)s, row_number() OVER (ORDER BY task.uid), task.id, task.uid, 'aggregated', (
           SELECT array_agg(substr(found.tiers, array_position(task.candidate_set, named.id), 1)::smallint ORDER BY named.place)
           FROM unnest(task.candidates) WITH ORDINALITY AS named(id, place)
       ), found.agreement, found.reliability
FROM unnest(%(tasks)s::bigint[], %(tiers)s::text[], %(agreement)s::float8[], %(reliability)s::float8[])
     AS found(task_id, tiers, agreement, reliability)
JOIN labeling_task task ON task.id = found.task_id
ORDER BY task.uid
"""
# A task with a resolution is one line; of one without, every judgment is a line of its own.
_ADJUDICATED = """
WITH said AS (
    SELECT * FROM unnest(%(judgments)s::bigint[], %(of_task)s::bigint[]) AS said(judgment_id, task_id)
), settled AS (
    SELECT resolution.* FROM adjudication_resolution resolution
    WHERE task_id IN (SELECT task_id FROM said) AND tiers IS NOT NULL AND (cohort = 'training' OR NOT %(training)s)
    AND NOT EXISTS (SELECT FROM adjudication_resolution later WHERE later.supersedes_id = resolution.id)
), lines AS (
    SELECT task.uid, task.id AS task_id, 'adjudicated' AS method, settled.tiers, settled.id AS resolution_id
    FROM settled JOIN labeling_task task ON task.id = settled.task_id
    UNION ALL
    SELECT judgment.uid, said.task_id, 'raw', ranking.tiers, NULL
    FROM said JOIN labeling_judgment judgment ON judgment.id = said.judgment_id
    JOIN labeling_ranking ranking ON ranking.judgment_id = said.judgment_id
    WHERE said.task_id NOT IN (SELECT task_id FROM settled)
)
INSERT INTO datasets_snapshotconsensus (snapshot_id, line, task_id, uid, method, tiers, agreement, resolution_id)
SELECT %(snapshot)s, row_number() OVER (ORDER BY lines.uid), lines.task_id, lines.uid, method, lines.tiers, found.agreement,
       resolution_id
FROM lines
LEFT JOIN unnest(%(tasks)s::bigint[], %(agreement)s::float8[]) AS found(task_id, agreement) ON found.task_id = lines.task_id
ORDER BY lines.uid
"""
_PARTS = """
INSERT INTO datasets_snapshotpart (snapshot_id, judgment_id, line, weight)
SELECT %(snapshot)s, said.judgment_id, line.line, said.weight
FROM unnest(%(judgments)s::bigint[], %(of_task)s::bigint[], %(weights)s::float8[]) AS said(judgment_id, task_id, weight)
JOIN labeling_judgment judgment ON judgment.id = said.judgment_id
JOIN datasets_snapshotconsensus line ON line.snapshot_id = %(snapshot)s AND line.task_id = said.task_id
    AND (line.method <> 'raw' OR line.uid = judgment.uid)
ORDER BY line.line, judgment.uid
"""


@dataclass(frozen=True)
class Said:
    """A row a judgment. `task` and `labeler` count from 0; `tasks` are the tasks' own ids."""

    judgment: Ints
    task: Ints
    labeler: Ints
    tiers: Tiers
    tasks: Ints


def consensus_insert(snapshot: DatasetSnapshot, rows: QuerySet[Any], chosen: SnapshotFilter) -> int:
    """Write down the lines of the snapshot and what each is made of; how many lines there are."""
    said = _said(rows)
    if not len(said.judgment):
        return 0
    values: dict[str, Any] = {
        "snapshot": snapshot.pk, "training": snapshot.purpose == Purpose.TRAINING, "tasks": said.tasks.tolist(),
        "judgments": said.judgment.tolist(), "of_task": said.tasks[said.task].tolist(), "agreement": _agreement(said),
        "weights": [None] * len(said.judgment),
    }  # fmt: skip
    if chosen.judgments == "aggregated":
        found = consensus(said.task, said.labeler, said.tiers)
        values |= {
            "tiers": ["".join(map(str, row)) for row in found.tiers.tolist()],
            "reliability": [None if np.isnan(one) else one for one in found.reliability.tolist()],
            "weights": np.round(found.weight, _DIGITS_OF_WEIGHTS)[said.labeler].tolist(),
        }
    with connection.cursor() as cursor:
        cursor.execute(_AGGREGATED if chosen.judgments == "aggregated" else _ADJUDICATED, values)
        lines = int(cursor.rowcount)
        cursor.execute(_PARTS, values)
    return lines


def _said(rows: QuerySet[Any]) -> Said:
    sql, params = rows.order_by().values_list("pk").query.sql_with_params()
    file = io.BytesIO()
    with connection.cursor() as cursor:
        asked = cursor.mogrify(_ROWS.format(picked=sql), params).decode()
        cursor.copy_expert(f"COPY ({asked}) TO STDOUT (FORMAT csv)", file)
    if not file.tell():
        none = np.zeros(0, np.int64)
        return Said(none, none, none, np.zeros((0, K_MAX), np.int8), none)
    columns = np.loadtxt(io.BytesIO(file.getvalue()), np.int64, delimiter=",", ndmin=2).T
    judgment, task, labeler, digits = columns
    # Codes in the order of the rows, which is that of the uids: so the same in every database with these rows.
    return Said(judgment, _coded(task)[0], _coded(labeler)[0], tiers_of(digits), _coded(task)[1])


def _coded(values: Ints) -> tuple[Ints, Ints]:
    """Each value by the place of its first appearance, and the values by that place."""
    names, first, place = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    code = np.empty_like(order)
    code[order] = np.arange(len(order))
    return code[place].astype(np.int64), names[order]


def _agreement(said: Said) -> list[float | None]:
    """Of each task, among the judgments chosen; None where there is one only."""
    everybody = np.ones(len(said.task), np.bool_)
    found = disagreements(said.task, said.tiers, everybody)
    shares: list[float | None] = [None] * len(said.tasks)
    for task, alike, compared in zip(found.task.tolist(), found.alike.tolist(), found.compared.tolist(), strict=True):
        shares[task] = round(alike / compared, _DIGITS)
    return shares
