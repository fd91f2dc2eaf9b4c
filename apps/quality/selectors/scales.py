"""Ratings on scales as columns, of persons."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.models import JudgmentSchema, Project

from ..domain.kept_scales import Said, Scale
from ..domain.table import Ints
from .columns import columns_read, numbers

# Prompts whose ratings are held at a time: each may have dozens of them.
PIECE = 10_000
_RATED = """
FROM labeling_judgment judgment
JOIN labeling_ratings ratings ON ratings.judgment_id = judgment.id
JOIN labeling_task task ON task.id = judgment.task_id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
WHERE task.project_id = {project} AND task.repeats_id IS NULL AND task.purpose = 'production'
AND judgment.schema_id IS NOT NULL AND (external.kind IS NULL OR external.kind = 'person')
"""
_PROMPTS = f"SELECT DISTINCT task.prompt_id {_RATED} AND judgment.id > {{after}} ORDER BY 1"
_ROWS = f"""
SELECT rated.id, (NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = rated.id))::int AS current,
       rated.candidates[said.place] AS target, rated.prompt_id,
       coalesce(2 * assignment.membership_id, 2 * rated.external_labeler_id + 1) AS labeler,
       rated.schema_id, field.value::numeric::bigint AS value, field.key
FROM (
    SELECT judgment.id, judgment.assignment_id, judgment.external_labeler_id, judgment.schema_id, task.prompt_id,
           task.candidates, ratings.values
    {_RATED} AND task.prompt_id = ANY ('{{{{{{prompts}}}}}}'::bigint[])
) rated
LEFT JOIN labeling_assignment assignment ON assignment.id = rated.assignment_id
CROSS JOIN LATERAL jsonb_array_elements(rated.values) WITH ORDINALITY AS said(body, place)
CROSS JOIN LATERAL jsonb_each(said.body) AS field(key, value)
WHERE jsonb_typeof(field.value) = 'number'
"""  # noqa: S608 - own statements, and numbers
_NUMBERS = ("judgment", "current", "target", "prompt", "labeler", "schema", "value")


def prompts_rated_after(project: Project, after: int) -> Ints:
    """Those of which something was rated in a judgment with an id above `after`, in order."""
    table = columns_read(_PROMPTS.format(project=project.pk, after=int(after)), {"prompt": pa.int64()})
    return numbers(table, "prompt")


def ratings_of_prompts(project: Project, prompts: Ints) -> Iterator[dict[Scale, Said]]:
    """All that was ever said of these prompts, by scale, some prompts at a time; corrected judgments among it."""
    scales = _scales(project)
    for at in range(0, len(prompts) if scales else 0, PIECE):
        piece = ",".join(map(str, prompts[at : at + PIECE].tolist()))
        types = dict.fromkeys(_NUMBERS, pa.int64()) | {"field": pa.string()}
        table = columns_read(_ROWS.format(project=project.pk, prompts=piece), types)
        yield {scale: _said(_asked(table, scale, schemas)) for scale, schemas in scales.items()}


def _scales(project: Project) -> dict[Scale, list[int]]:
    """By name and range, the schemas that ask for it."""
    found: dict[Scale, list[int]] = {}
    for pk, body in JudgmentSchema.objects.filter(project=project).order_by("pk").values_list("pk", "body"):
        for field in parse_schema(body).fields:
            if field.kind == "scale" and field.subject == "completion":
                found.setdefault(Scale(field.name, field.low, field.high), []).append(pk)
    return found


def _asked(table: pa.Table, scale: Scale, schemas: list[int]) -> pa.Table:
    asked = pc.and_(pc.equal(table["field"], scale.name), pc.is_in(table["schema"], pa.array(schemas, pa.int64())))
    return table.filter(asked)


def _said(table: pa.Table) -> Said:
    columns = {name: numbers(table, name) for name in _NUMBERS if name not in ("schema", "current")}
    return Said(current=numbers(table, "current") == 1, **columns)
