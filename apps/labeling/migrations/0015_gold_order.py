from pathlib import Path

from django.db import migrations

# Frozen with this migration: a later change of a function is a later migration's file.
_SQL = Path(__file__).parent / "sql"
GOLD_ORDER = (_SQL / "0015_gold_order.sql").read_text(encoding="utf-8")
_BEFORE = (_SQL / "0013_checks.sql").read_text(encoding="utf-8")


def _function(name: str) -> str:
    """As it was made before."""
    return (
        f"CREATE OR REPLACE FUNCTION {name}("
        + _BEFORE.partition(f"CREATE FUNCTION {name}(")[2].partition("\nEND $$;")[0]
    )


UNDO_GOLD_ORDER = (
    f"{_function('labeling_gold_pick')}\nEND $$;\n{_function('labeling_check_take')}\nEND $$;\n"
    "DROP FUNCTION labeling_gold_pick(projects_membership, varchar, bigint, bigint);"
)


class Migration(migrations.Migration):
    """Gold is looked for behind what a labeler had last, so that having met many items costs their claims nothing."""

    dependencies = [("labeling", "0014_project_follows")]
    operations = [migrations.RunSQL(GOLD_ORDER, UNDO_GOLD_ORDER)]
