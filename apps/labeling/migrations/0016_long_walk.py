from pathlib import Path

from django.db import migrations

# Frozen with this migration: a later change of a function is a later migration's file.
_SQL = Path(__file__).parent / "sql"
LONG_WALK = (_SQL / "0016_long_walk.sql").read_text(encoding="utf-8")
_BEFORE = (_SQL / "0009_claim.sql").read_text(encoding="utf-8")
_LANE_BEFORE = _BEFORE.partition("CREATE FUNCTION labeling_lane_take(")[2].partition("\nEND $$;")[0]
UNDO_LONG_WALK = (
    f"CREATE OR REPLACE FUNCTION labeling_lane_take({_LANE_BEFORE}\nEND $$;\n"
    "DROP FUNCTION labeling_first_fresh(projects_membership, varchar, smallint, bigint);"
)


class Migration(migrations.Migration):
    """A claim without a cursor, or one that looks back, reads past tens of thousands of own judgments in one pass."""

    dependencies = [("labeling", "0015_gold_order")]
    operations = [migrations.RunSQL(LONG_WALK, UNDO_LONG_WALK)]
