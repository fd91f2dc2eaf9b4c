from pathlib import Path

from django.db import migrations, models
from django.db.models import Q

# Frozen with this migration: a later change of a function is a later migration's file.
_SQL = Path(__file__).parent / "sql"
_STATES = [
    ("reserved", "Reserved"), ("leased", "Leased"), ("submitted", "Submitted"), ("skipped", "Skipped"),
    ("released", "Released"), ("expired", "Expired"), ("barred", "Barred"),
]  # fmt: skip
_HAD = "'submitted', 'skipped', 'leased', 'reserved'"


def _function(file: str, name: str) -> str:
    """As it was made before."""
    body = (_SQL / file).read_text(encoding="utf-8").partition(f"FUNCTION {name}(")[2].partition("\nEND $$;")[0]
    return f"CREATE OR REPLACE FUNCTION {name}({body}\nEND $$;"


def _also_barred(file: str, name: str, states: str) -> migrations.RunSQL:
    """The function with one state more in the list of those that it passes over."""
    before = _function(file, name)
    assert before.count(states) == 1
    return migrations.RunSQL(before.replace(states, f"{states}, 'barred'"), before)


STAYS = """
CREATE FUNCTION labeling_assignment_barred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who saw what others said of a task never judges it'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_barred_stays';
END $$;
CREATE TRIGGER labeling_assignment_barred BEFORE UPDATE OF state ON labeling_assignment
    FOR EACH ROW WHEN (OLD.state = 'barred' AND NEW.state <> 'barred') EXECUTE FUNCTION labeling_assignment_barred();
"""
UNDO_STAYS = (
    "DROP TRIGGER labeling_assignment_barred ON labeling_assignment; DROP FUNCTION labeling_assignment_barred();"
)


class Migration(migrations.Migration):
    """A task is kept from somebody for good: they saw what others said of it."""

    dependencies = [("labeling", "0016_long_walk")]
    operations = [
        migrations.AlterField("assignment", "state", models.CharField(choices=_STATES, default="leased", max_length=9)),
        migrations.RemoveConstraint("assignment", "assignment_expiry_while_held"),
        migrations.AddConstraint(
            "assignment",
            models.CheckConstraint(
                condition=Q(state__in=["leased", "reserved"], lease_expires_at__isnull=False)
                | Q(state__in=["submitted", "skipped", "released", "expired", "barred"], lease_expires_at=None),
                name="assignment_expiry_while_held",
            ),
        ),
        _also_barred("0016_long_walk.sql", "labeling_first_fresh", _HAD),
        _also_barred("0016_long_walk.sql", "labeling_lane_take", _HAD),
        _also_barred("0009_claim.sql", "labeling_queue_search", _HAD),
        _also_barred("0009_submit.sql", "labeling_submit", "'skipped', 'reserved'"),
        migrations.RunSQL(STAYS, UNDO_STAYS),
    ]
