from pathlib import Path

from django.db import migrations, models
from django.db.models.functions import Now

# Frozen with this migration: a later change of a function is a later migration's file.
_SQL = Path(__file__).parent / "sql"


def _functions(name: str, *signatures: str) -> migrations.RunSQL:
    undo = "".join(f"DROP FUNCTION {signature};" for signature in signatures)
    return migrations.RunSQL((_SQL / f"0009_{name}.sql").read_text(encoding="utf-8"), undo)


class Migration(migrations.Migration):
    """Claim and submit in the database: one round trip each, their plans kept by the session."""

    dependencies = [
        ("labeling", "0008_lanes"),
        ("accounts", "0001_initial"),
        ("audit", "0003_by_project"),
    ]

    operations = [
        migrations.AlterField(
            "queuecursor",
            "rewound_at",
            models.DateTimeField(db_default=Now(), help_text="When a part of the lane was last read again."),
        ),
        migrations.AddField("queuecursor", "rewind_to", models.BigIntegerField(default=0)),
        migrations.AddField("queuecursor", "rewind_next", models.BigIntegerField(default=0)),
        _functions(
            "claim",
            "labeling_claim(bigint, varchar, bigint, boolean)",
            "labeling_queue_search(projects_membership, varchar)",
            "labeling_queue_take(projects_membership, varchar, timestamptz)",
            "labeling_lane_take(projects_membership, varchar, smallint, smallint, timestamptz)",
            "labeling_slot_take(bigint, boolean)",
            "labeling_shuffled(integer)",
            "labeling_is_for(boolean, varchar, varchar[], bigint[], bigint, boolean, varchar, varchar[])",
        ),
        _functions("submit", "labeling_submit(bigint, jsonb, varchar, bigint, boolean, uuid, uuid, varchar)"),
        _functions("desk", "labeling_desk(bigint)", "labeling_door(varchar, bigint, varchar, uuid)"),
    ]
