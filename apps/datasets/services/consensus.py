"""The lines of a snapshot whose judgments are aggregated or adjudicated: one ranking a task, and what it is made of.

The judgments chosen are read as columns in the order of their lines (uids), so that nothing depends on how they lie. Lines are
numbered here and written block by block: PostgreSQL looks up what it is told by key, and never joins what was just written,
of which it knows no numbers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from django.db.models import QuerySet

from apps.adjudication.domain.consensus import consensus
from apps.adjudication.domain.disagreement import disagreements
from apps.quality.domain.table import Ints, Tiers
from apps.quality.selectors.columns import columns_read, numbers
from apps.quality.selectors.rankings import tiers_of

from ..domain.filters import SnapshotFilter
from ..models import DatasetSnapshot, Purpose

# Lines written by a statement.
BLOCK = 20_000
_DIGITS, _DIGITS_OF_WEIGHTS = 4, 3
_ROWS = """
SELECT judgment.id, judgment.task_id, coalesce(settled.id, 0),
       coalesce(2 * assignment.membership_id, 2 * judgment.external_labeler_id + 1),
       CASE WHEN task.candidates = task.candidate_set THEN array_to_string(ranking.tiers, '') ELSE (
           SELECT string_agg(tier::text, '' ORDER BY candidate) FROM unnest(task.candidates, ranking.tiers) AS said(candidate, tier)
       ) END
FROM ({picked}) AS picked(id)
JOIN labeling_judgment judgment ON judgment.id = picked.id
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
JOIN labeling_task task ON task.id = judgment.task_id
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
LEFT JOIN ({settled}) settled ON settled.task_id = judgment.task_id
ORDER BY {uid}, judgment.uid
"""
_COLUMNS = ("judgment", "task", "resolution", "labeler", "tiers")
_SETTLED = """
SELECT id, task_id FROM adjudication_resolution resolution
WHERE tiers IS NOT NULL AND (cohort = 'training' OR NOT %s)
AND NOT EXISTS (SELECT FROM adjudication_resolution later WHERE later.supersedes_id = resolution.id)
"""
_AGGREGATED = """
INSERT INTO datasets_snapshotconsensus (snapshot_id, line, task_id, uid, method, tiers, agreement, reliability)
SELECT %(snapshot)s, found.line, task.id, task.uid, 'aggregated', (
           SELECT array_agg(substr(found.tiers, array_position(task.candidate_set, named.id), 1)::smallint ORDER BY named.place)
           FROM unnest(task.candidates) WITH ORDINALITY AS named(id, place)
       ), found.agreement, found.reliability
FROM unnest(%(line)s::bigint[], %(task)s::bigint[], %(agreement)s::float8[], %(tiers)s::text[], %(reliability)s::float8[])
     AS found(line, task_id, agreement, tiers, reliability)
JOIN labeling_task task ON task.id = found.task_id
ORDER BY found.line
"""
_ADJUDICATED = """
INSERT INTO datasets_snapshotconsensus (snapshot_id, line, task_id, uid, method, tiers, agreement, resolution_id)
SELECT %(snapshot)s, found.line, task.id, CASE WHEN resolution.id IS NULL THEN judgment.uid ELSE task.uid END,
       CASE WHEN resolution.id IS NULL THEN 'raw' ELSE 'adjudicated' END, coalesce(resolution.tiers, ranking.tiers),
       found.agreement, resolution.id
FROM unnest(%(line)s::bigint[], %(task)s::bigint[], %(agreement)s::float8[], %(judgment)s::bigint[], %(resolution)s::bigint[])
     AS found(line, task_id, agreement, judgment_id, resolution_id)
JOIN labeling_task task ON task.id = found.task_id
JOIN labeling_judgment judgment ON judgment.id = found.judgment_id
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
LEFT JOIN adjudication_resolution resolution ON resolution.id = found.resolution_id
ORDER BY found.line
"""
_PARTS = """
INSERT INTO datasets_snapshotpart (snapshot_id, judgment_id, line, weight)
SELECT %(snapshot)s, said.* FROM unnest(%(judgment)s::bigint[], %(line)s::bigint[], %(weight)s::float8[]) AS said
"""


@dataclass(frozen=True)
class Said:
    """A row a judgment, in the order of the lines. `task` and `labeler` count from 0, `line` from 1; `tasks` are the tasks' own
    ids; `resolution` is 0 where none stands for the task."""

    judgment: Ints
    task: Ints
    resolution: Ints
    labeler: Ints
    tiers: Tiers
    line: Ints
    tasks: Ints


def consensus_insert(snapshot: DatasetSnapshot, rows: QuerySet[Any], chosen: SnapshotFilter) -> int:
    """Write down the lines of the snapshot and what each is made of; how many lines there are."""
    aggregated = chosen.judgments == "aggregated"
    said = _said(rows, aggregated, snapshot.purpose == Purpose.TRAINING)
    if not len(said.judgment):
        return 0
    first = np.flatnonzero(np.diff(said.line, prepend=0))
    task = said.task[first]
    lines = {"line": said.line[first], "task": said.tasks[task], "agreement": _agreement(said)[task]}
    weight = np.full(len(said.judgment), np.nan)
    if aggregated:  # a line a task, in their order
        found = consensus(said.task, said.labeler, said.tiers)
        lines |= {"tiers": found.tiers, "reliability": found.reliability}
        weight = np.round(found.weight, _DIGITS_OF_WEIGHTS)[said.labeler]
    else:
        lines |= {"judgment": said.judgment[first], "resolution": said.resolution[first]}
    _write(_AGGREGATED if aggregated else _ADJUDICATED, snapshot, lines)
    _write(_PARTS, snapshot, {"judgment": said.judgment, "line": said.line, "weight": weight})
    return len(first)


def _said(rows: QuerySet[Any], aggregated: bool, training: bool) -> Said:
    asked = _aggregated_rows(rows) if aggregated else _adjudicated_rows(rows, training)
    table = columns_read(asked, dict.fromkeys(_COLUMNS, pa.int64()))
    judgment, task, resolution, labeler, digits = (numbers(table, name) for name in _COLUMNS)
    # Codes in the order of the rows, which is that of the uids: so the same in every database with these rows.
    (place, tasks), (labeler, _) = _coded(task), _coded(labeler)
    alone = (resolution == 0) & (not aggregated)
    line = np.cumsum(alone | (np.diff(place, prepend=-1) != 0))
    return Said(judgment, place, resolution, labeler, tiers_of(digits), line, tasks)


def _aggregated_rows(rows: QuerySet[Any]) -> str:
    return _rows(rows, "SELECT NULL::bigint AS id, NULL::bigint AS task_id", "task.uid")


def _adjudicated_rows(rows: QuerySet[Any], training: bool) -> str:
    """A task with a resolution is one line; of one without, every judgment is a line of its own."""
    return _rows(rows, _SETTLED, "CASE WHEN settled.id IS NULL THEN judgment.uid ELSE task.uid END", training)


def _rows(rows: QuerySet[Any], settled: str, uid: str, *values: Any) -> str:
    picked, params = rows.order_by().values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        asked: bytes = cursor.mogrify(_ROWS.format(picked=picked, settled=settled, uid=uid), (*params, *values))
    return asked.decode()


def _coded(values: Ints) -> tuple[Ints, Ints]:
    """Each value by the place of its first appearance, and the values by that place."""
    names, first, place = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    code = np.empty_like(order)
    code[order] = np.arange(len(order))
    return code[place].astype(np.int64), names[order]


def _agreement(said: Said) -> Any:
    """Of each task, among the judgments chosen; NaN where there is one only."""
    found = disagreements(said.task, said.tiers, np.ones(len(said.task), np.bool_))
    shares = np.full(len(said.tasks), np.nan)
    shares[found.task] = np.round(found.alike / found.compared, _DIGITS)
    return shares


def _write(statement: str, snapshot: DatasetSnapshot, columns: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for values in _blocks(columns):
            cursor.execute(statement, {"snapshot": snapshot.pk, **values})


def _blocks(columns: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The columns as array literals: as parameters each value would be parsed by itself."""
    for start in range(0, len(columns["line"]), BLOCK):
        yield {name: _literal(column[start : start + BLOCK].tolist()) for name, column in columns.items()}


def _literal(values: Iterable[Any]) -> str:
    return "{" + ",".join(map(_value, values)) + "}"


def _value(value: Any) -> str:
    """NaN is null; a row of tiers is its digits."""
    if isinstance(value, list):
        return "".join(map(str, value))
    return "NULL" if value != value else str(value)
