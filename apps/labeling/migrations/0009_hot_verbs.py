from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.frozen import freeze_columns

# Frozen with this migration: a later change of a function is a later migration's file.
_SQL = Path(__file__).parent / "sql"


def _sql(name: str) -> str:
    return (_SQL / f"0009_{name}.sql").read_text(encoding="utf-8")


def _functions(name: str, *signatures: str) -> migrations.RunSQL:
    return migrations.RunSQL(_sql(name), "".join(f"DROP FUNCTION {signature};" for signature in signatures))


def _key(to: str, related_name: str) -> models.ForeignKey:
    """A foreign key without an index of its own."""
    return models.ForeignKey(
        to=to, null=True, related_name=related_name, db_index=False, on_delete=django.db.models.deletion.PROTECT
    )


def _to_another_task() -> models.ForeignKey:
    return models.ForeignKey(
        to="labeling.task", null=True, blank=True, related_name="+", db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
    )  # fmt: skip


# A taken slot leaves a dead entry in every index: cleaned up after two tasks in a hundred, not twenty. And rows that
# change all day have room for it on their page, so that no index notices.
UPKEEP = """
ALTER TABLE labeling_task SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE labeling_queuecursor SET (fillfactor = 50);
ALTER TABLE projects_membership SET (fillfactor = 50);
"""
UNDO_UPKEEP = """
ALTER TABLE labeling_task RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE labeling_queuecursor RESET (fillfactor);
ALTER TABLE projects_membership RESET (fillfactor);
"""


class Migration(migrations.Migration):
    """Claim and submit in the database: one round trip each, their plans kept by the session. And no index without a
    reader on what they write."""

    dependencies = [
        ("labeling", "0008_lanes"),
        ("accounts", "0001_initial"),
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            "queuecursor",
            "rewound_at",
            models.DateTimeField(db_default=Now(), help_text="When a part of the lane was last read again."),
        ),
        migrations.AddField("queuecursor", "rewind_to", models.BigIntegerField(default=0)),
        migrations.AddField("queuecursor", "rewind_next", models.BigIntegerField(default=0)),
        migrations.AlterField("task", "repeats", _to_another_task()),
        migrations.AlterField("task", "adjudicates", _to_another_task()),
        migrations.AddIndex("task", models.Index("repeats", condition=Q(repeats__isnull=False), name="task_repeats")),
        migrations.AddIndex(
            "task", models.Index("adjudicates", condition=Q(adjudicates__isnull=False), name="task_adjudicates")
        ),
        migrations.AlterField("judgment", "assignment", _key("labeling.assignment", "judgments")),
        migrations.AlterField("judgment", "external_labeler", _key("projects.externallabeler", "judgments")),
        migrations.RemoveConstraint("judgment", "judgment_one_chain_an_assignment"),
        migrations.AddConstraint(
            "judgment",
            models.UniqueConstraint(
                fields=["assignment", "supersedes"], condition=Q(assignment__isnull=False), nulls_distinct=False,
                name="judgment_one_chain_an_assignment",
            ),
        ),
        migrations.AddIndex(
            "judgment",
            models.Index(
                "external_labeler", condition=Q(external_labeler__isnull=False), name="judgment_by_external_labeler"
            ),
        ),
        migrations.RunSQL(UPKEEP, UNDO_UPKEEP),
        # Those of the first migrations, made anew where they were made before they named their columns.
        *(
            migrations.RunSQL(freeze_columns(table, *columns).sql, migrations.RunSQL.noop)
            for table, columns in {
                "labeling_task": ("uid", "project_id", "prompt_id", "kind", "purpose", "candidates", "candidate_set"),
                "labeling_assignment": ("uid", "task_id", "membership_id", "display_order"),
                "projects_membership": ("pseudonym", "project_id", "user_id"),
            }.items()
        ),
        migrations.RunSQL(
            "ALTER FUNCTION labeling_judgment_says_something() SET enable_seqscan = off",
            "ALTER FUNCTION labeling_judgment_says_something() RESET enable_seqscan",
        ),
        migrations.RunSQL(_sql("assignment"), _sql("assignment_undo")),
        _functions(
            "claim",
            "labeling_claim(bigint, varchar, bigint, boolean)",
            "labeling_queue_search(projects_membership, varchar)",
            "labeling_queue_take(projects_membership, varchar, timestamptz)",
            "labeling_any_returned(bigint, varchar, smallint, labeling_queuecursor)",
            "labeling_gap_take(projects_membership, varchar, integer, integer, timestamptz)",
            "labeling_lane_take(projects_membership, varchar, smallint, smallint, timestamptz, labeling_queuecursor)",
            "labeling_slot_take(bigint, boolean)",
            "labeling_shuffled(integer)",
            "labeling_is_for(boolean, varchar, varchar[], bigint[], bigint, boolean, varchar, varchar[])",
        ),
        _functions("submit", "labeling_submit(bigint, jsonb, varchar, bigint, boolean, uuid, uuid, varchar)"),
        _functions("desk", "labeling_desk(bigint)", "labeling_door(varchar, bigint, varchar, uuid)"),
    ]  # fmt: skip
