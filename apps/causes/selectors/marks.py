"""What labelers marked of candidates, field by field: flags as yes or no, scales as above their middle or not."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.models import JudgmentSchema, Project
from apps.quality.domain.table import Ints
from apps.quality.selectors.columns import columns_read, numbers

from ..domain.given import Marks

# Judgments whose marks are read: each has dozens.
MOST = 20_000
_ROWS = """
WITH chosen AS (
    SELECT judgment.id, judgment.task_id, 2 * assignment.membership_id AS labeler, count(*) OVER (PARTITION BY judgment.task_id) AS together
    FROM labeling_judgment judgment
    JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
    WHERE judgment.task_id IN (
        SELECT id FROM labeling_task
        WHERE project_id = {project} AND kind = 'rank' AND purpose = 'production' AND repeats_id IS NULL
    ) AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
), newest AS (SELECT * FROM chosen WHERE together > 1 ORDER BY id DESC LIMIT {most})
SELECT task.candidates[said.place], task.id, task.prompt_id, newest.labeler, mark.value, mark.key
FROM newest
JOIN labeling_task task ON task.id = newest.task_id
JOIN labeling_ratings ratings ON ratings.judgment_id = newest.id
CROSS JOIN LATERAL jsonb_array_elements(ratings.values) WITH ORDINALITY AS said(body, place)
CROSS JOIN LATERAL (
    SELECT flag.key, (flag.value = 'yes')::int AS value FROM jsonb_each_text(said.body -> 'flags') AS flag(key, value)
    WHERE flag.value IN ('yes', 'no')
    UNION ALL
    SELECT scale.key, (scale.value::numeric > (
        SELECT middle FROM (VALUES {middles}) AS known(name, middle) WHERE known.name = scale.key
    ))::int FROM jsonb_each(said.body) AS scale(key, value)
    WHERE jsonb_typeof(scale.value) = 'number' AND scale.key IN (SELECT name FROM (VALUES {middles}) AS known(name, middle))
) mark
"""
_NUMBERS = ("target", "task", "prompt", "labeler", "value")


def marks_of(project: Project) -> tuple[Marks, list[str]]:
    """And the names of the fields by their number."""
    statement = _ROWS.format(project=project.pk, most=MOST, middles=_middles(project))
    table = columns_read(statement, dict.fromkeys(_NUMBERS, pa.int64()) | {"field": pa.string()})
    field, names = _numbered(table["field"])
    columns = {name: numbers(table, name) for name in _NUMBERS}
    return Marks(field=field, **columns), names


def _middles(project: Project) -> str:
    """The middle of each scale, as rows of a statement: names are plain words, by the rule of schemas."""
    found: dict[str, float] = {}
    for body in JudgmentSchema.objects.filter(project=project).order_by("number").values_list("body", flat=True):
        found |= {one.name: (one.low + one.high) / 2 for one in parse_schema(body).scales if one.name.isidentifier()}
    return ", ".join(f"('{name}', {middle})" for name, middle in found.items()) or "('', 0.0)"


def _numbered(names: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """By the alphabet, so that the order of rows has no say."""
    known = sorted(set(pc.unique(names).to_pylist()))
    if not known:
        return np.zeros(0, np.int64), []
    return pc.index_in(names, pa.array(known)).to_numpy().astype(np.int64), known
