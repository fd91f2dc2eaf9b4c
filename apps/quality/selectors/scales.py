"""Ratings on scales as columns, of persons: the current ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.models import JudgmentSchema, Project

from ..domain.scales import Ratings
from .columns import columns_read, numbers

_ROWS = """
SELECT task.candidates[said.place] AS target, task.prompt_id,
       coalesce(2 * assignment.membership_id, 2 * judgment.external_labeler_id + 1) AS labeler,
       judgment.schema_id, field.value::numeric::bigint AS value, judgment.id, field.key
FROM labeling_judgment judgment
JOIN labeling_ratings ratings ON ratings.judgment_id = judgment.id
JOIN labeling_task task ON task.id = judgment.task_id
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
CROSS JOIN LATERAL jsonb_array_elements(ratings.values) WITH ORDINALITY AS said(body, place)
CROSS JOIN LATERAL jsonb_each(said.body) AS field(key, value)
WHERE task.project_id = {project} AND task.repeats_id IS NULL AND task.purpose = 'production'
AND judgment.schema_id IS NOT NULL AND jsonb_typeof(field.value) = 'number'
AND (external.kind IS NULL OR external.kind = 'person')
AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
ORDER BY judgment.id
"""
_NUMBERS = ("target", "prompt", "labeler", "schema", "value", "id")


@dataclass(frozen=True)
class Scale:
    name: str
    low: int
    high: int


def ratings_of(project: Project) -> Iterator[tuple[Scale, Ratings]]:
    """The ratings of each scale that a schema of the project ever asked for, what was said first by each labeler."""
    table = columns_read(_ROWS.format(project=project.pk), dict.fromkeys(_NUMBERS, pa.int64()) | {"field": pa.string()})
    if not len(table):
        return
    for scale, schemas in _scales(project).items():
        asked = pc.and_(pc.equal(table["field"], scale.name), pc.is_in(table["schema"], pa.array(schemas, pa.int64())))
        yield scale, _first_words(table.filter(asked))


def _scales(project: Project) -> dict[Scale, list[int]]:
    """By name and range, the schemas that ask for it."""
    found: dict[Scale, list[int]] = {}
    for pk, body in JudgmentSchema.objects.filter(project=project).values_list("pk", "body"):
        for field in parse_schema(body).fields:
            if field.kind == "scale" and field.subject == "completion":
                found.setdefault(Scale(field.name, field.low, field.high), []).append(pk)
    return found


def _first_words(table: pa.Table) -> Ratings:
    """One rating a labeler and completion: the rows come by the judgment's id."""
    columns = {name: numbers(table, name) for name in _NUMBERS}
    order = np.lexsort((columns["id"], columns["labeler"], columns["target"]))
    first = np.ones(len(order), np.bool_)
    first[1:] = (np.diff(columns["target"][order]) != 0) | (np.diff(columns["labeler"][order]) != 0)
    chosen = order[first]
    return Ratings(
        columns["target"][chosen], columns["prompt"][chosen], columns["labeler"][chosen], columns["value"][chosen],
        np.ones(len(chosen), np.bool_),
    )  # fmt: skip
