from importlib import import_module

from django.db import migrations

# Frozen with this migration: a later change of a function is a later migration's text.
_ITEMS = import_module("apps.datasets.migrations.0003_lean_items").FIT
_PARTS = import_module("apps.datasets.migrations.0004_consensus").FIT
# The purpose of a task and what it repeats never change (labeling.0013_checks).
_IS_CHECK = "task.purpose NOT IN ('production', 'adjudication') OR task.repeats_id IS NOT NULL"


def _function(text: str, name: str) -> str:
    """As it was made before."""
    body = text.partition(f"CREATE FUNCTION {name}(")[2].partition("\nEND $$;")[0]
    return f"CREATE OR REPLACE FUNCTION {name}({body}\nEND $$;"


def _with(before: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert before.count(old) == 1, old
        before = before.replace(old, new)
    return before


def _refusal(name: str) -> str:
    return f"""    ELSIF checks > 0 THEN
        RAISE EXCEPTION '{name}_is_no_check: % of gold, of retests, or of what measures models', checks
            USING ERRCODE = 'check_violation', CONSTRAINT = '{name}_is_no_check';
    ELSIF held_out > 0 THEN
"""


ITEMS_BEFORE, PARTS_BEFORE = _function(_ITEMS, "datasets_items_fit"), _function(_PARTS, "datasets_parts_fit")
_HELD_OUT = "    ELSIF held_out > 0 THEN\n"
ITEMS = _with(
    ITEMS_BEFORE,
    ("held_out bigint;", "held_out bigint; checks bigint;"),
    (
        "judgment.cohort = 'held-out')\n",
        f"judgment.cohort = 'held-out'),\n           count(*) FILTER (WHERE {_IS_CHECK})\n",
    ),
    ("INTO built, unknown, held_out", "INTO built, unknown, held_out, checks"),
    (
        "judgment.id = added.judgment_id\n",
        "judgment.id = added.judgment_id\n    LEFT JOIN labeling_task task ON task.id = judgment.task_id\n",
    ),
    (_HELD_OUT, _refusal("item")),
)
# A line of a check cannot be made, so nothing can be a part of one.
PARTS = _with(
    PARTS_BEFORE,
    ("held_out bigint;", "held_out bigint; checks bigint := 0;"),
    (
        "resolution.cohort = 'held-out')\n        INTO built, unknown, held_out",
        f"resolution.cohort = 'held-out'),\n               count(*) FILTER (WHERE {_IS_CHECK})\n"
        "        INTO built, unknown, held_out, checks",
    ),
    (_HELD_OUT, _refusal("line")),
)


class Migration(migrations.Migration):
    """Gold, retests and what measures models are in no snapshot: the database sees to it, whatever a query forgets."""

    dependencies = [("datasets", "0004_consensus"), ("labeling", "0013_checks")]
    operations = [migrations.RunSQL(ITEMS, ITEMS_BEFORE), migrations.RunSQL(PARTS, PARTS_BEFORE)]
