from django.db import migrations, models

from apps.core.frozen import freeze_columns, freeze_rows

# The items as lines of the file: those of a snapshot lie together, in the order of its file. They came without their
# lines, so they are numbered by uid, which is how the files were ordered.
REBUILD = """
CREATE TABLE datasets_snapshotitem_new AS
SELECT item.snapshot_id,
       row_number() OVER (PARTITION BY item.snapshot_id ORDER BY coalesce(judgment.uid, prompt.uid)) AS line,
       item.judgment_id, item.prompt_id
FROM datasets_snapshotitem item
LEFT JOIN labeling_judgment judgment ON judgment.id = item.judgment_id
LEFT JOIN prompts_prompt prompt ON prompt.id = item.prompt_id;
DROP TABLE datasets_snapshotitem;
ALTER TABLE datasets_snapshotitem_new RENAME TO datasets_snapshotitem;
ALTER TABLE datasets_snapshotitem
    ALTER snapshot_id SET NOT NULL,
    ALTER line SET NOT NULL,
    ADD CONSTRAINT datasets_snapshotitem_pkey PRIMARY KEY (snapshot_id, line),
    ADD CONSTRAINT item_line_from_1 CHECK (line >= 1),
    ADD CONSTRAINT item_judgment_or_prompt CHECK ((judgment_id IS NULL) <> (prompt_id IS NULL));
CREATE UNIQUE INDEX item_judgment_once ON datasets_snapshotitem (judgment_id, snapshot_id)
    WHERE judgment_id IS NOT NULL;
CREATE UNIQUE INDEX item_prompt_once ON datasets_snapshotitem (prompt_id, snapshot_id) WHERE prompt_id IS NOT NULL;
DROP INDEX IF EXISTS judgment_id_cohort;
DROP FUNCTION datasets_item_while_building();
"""

# What foreign keys and a CHECK said of each row, asked once of all that a statement adds. What it reads of them never
# changes: judgments are frozen, and so is the purpose of a snapshot. The lock holds off whoever would make the
# snapshot ready meanwhile.
FIT = """
CREATE FUNCTION datasets_items_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    built bigint; unknown bigint; held_out bigint;
BEGIN
    PERFORM FROM datasets_datasetsnapshot WHERE id IN (SELECT snapshot_id FROM added) ORDER BY id FOR NO KEY UPDATE;
    SELECT count(*) FILTER (WHERE snapshot.state <> 'building'),
           count(*) FILTER (WHERE snapshot.id IS NULL OR coalesce(judgment.id, prompt.id) IS NULL),
           count(*) FILTER (WHERE snapshot.purpose = 'training' AND judgment.cohort = 'held-out')
    INTO built, unknown, held_out
    FROM added
    LEFT JOIN datasets_datasetsnapshot snapshot ON snapshot.id = added.snapshot_id
    LEFT JOIN labeling_judgment judgment ON judgment.id = added.judgment_id
    LEFT JOIN prompts_prompt prompt ON prompt.id = added.prompt_id;
    IF unknown > 0 THEN
        RAISE EXCEPTION 'an item names no such snapshot, judgment or prompt'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'item_of_something';
    ELSIF built > 0 THEN
        RAISE EXCEPTION 'nothing enters a snapshot that is built'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'item_while_building';
    ELSIF held_out > 0 THEN
        RAISE EXCEPTION 'item_no_held_out_in_training: % judgments of held-out labelers', held_out
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_no_held_out_in_training';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER datasets_items_fit AFTER INSERT ON datasets_snapshotitem
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION datasets_items_fit();

CREATE FUNCTION datasets_kept_by_items() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept boolean;
BEGIN
    IF TG_TABLE_NAME = 'prompts_prompt' THEN
        kept := EXISTS (SELECT FROM datasets_snapshotitem WHERE prompt_id = OLD.id);
    ELSE
        kept := EXISTS (SELECT FROM datasets_snapshotitem WHERE snapshot_id = OLD.id);
    END IF;
    IF kept THEN
        RAISE EXCEPTION '% % is in a snapshot', TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'item_of_something';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER datasets_kept_by_items BEFORE DELETE ON prompts_prompt
    FOR EACH ROW EXECUTE FUNCTION datasets_kept_by_items();
CREATE TRIGGER datasets_kept_by_items BEFORE DELETE ON datasets_datasetsnapshot
    FOR EACH ROW EXECUTE FUNCTION datasets_kept_by_items();
"""


def _references(to: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False, db_index=False, null=True, on_delete=models.deletion.PROTECT, related_name="+", to=to
    )


class Migration(migrations.Migration):
    """Items that cost little to make by the million; the snapshot kind `ratings`; a licence for the card."""

    dependencies = [
        ("datasets", "0002_referee"),
        ("labeling", "0002_referee"),
        ("prompts", "0002_frozen"),
    ]
    operations = [
        migrations.AlterField(
            "datasetsnapshot",
            "kind",
            models.CharField(
                choices=[
                    ("rankings", "Rankings"),
                    ("demonstrations", "Demonstrations"),
                    ("prompts", "Prompts"),
                    ("ratings", "Ratings"),
                ],
                max_length=14,
            ),
        ),
        migrations.RemoveConstraint("datasetsnapshot", "snapshot_kind_known"),
        migrations.AddConstraint(
            "datasetsnapshot",
            models.CheckConstraint(
                condition=models.Q(("kind__in", ["rankings", "demonstrations", "prompts", "ratings"])),
                name="snapshot_kind_known",
            ),
        ),
        migrations.AddField(
            "datasetsnapshot",
            "licence",
            models.CharField(
                blank=True, default="", help_text="For the card, as the Hugging Face Hub names it.", max_length=60
            ),
            preserve_default=False,
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(REBUILD)],
            state_operations=[
                migrations.DeleteModel("SnapshotItem"),
                migrations.CreateModel(
                    "SnapshotItem",
                    [
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "snapshot", "line", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("line", models.PositiveBigIntegerField()),
                        ("judgment", _references("labeling.judgment")),
                        ("prompt", _references("prompts.prompt")),
                        (
                            "snapshot",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=models.deletion.PROTECT,
                                related_name="items",
                                to="datasets.datasetsnapshot",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("judgment__isnull", False), ("prompt", None)),
                                    models.Q(("judgment", None), ("prompt__isnull", False)),
                                    _connector="OR",
                                ),
                                name="item_judgment_or_prompt",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("judgment__isnull", False)),
                                fields=("judgment", "snapshot"),
                                name="item_judgment_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("prompt__isnull", False)),
                                fields=("prompt", "snapshot"),
                                name="item_prompt_once",
                            ),
                        ]
                    },
                ),
            ],
        ),
        migrations.RemoveConstraint("datasetsnapshot", "snapshot_id_purpose"),
        migrations.RunSQL(
            FIT,
            "DROP TRIGGER datasets_items_fit ON datasets_snapshotitem; DROP FUNCTION datasets_items_fit(); "
            "DROP TRIGGER datasets_kept_by_items ON prompts_prompt; "
            "DROP TRIGGER datasets_kept_by_items ON datasets_datasetsnapshot; DROP FUNCTION datasets_kept_by_items()",
        ),
        freeze_columns("datasets_datasetsnapshot", "uid", "project_id", "kind", "purpose", "filter", "licence"),
        freeze_rows("datasets_snapshotitem"),
    ]
