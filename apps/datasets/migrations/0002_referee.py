from django.db import migrations

from apps.core.frozen import freeze_rows

# `cohort` of a judgment never changes (labeling.0002_referee), nor does the purpose of a snapshot with
# items: so these keys hold for good what the CHECK on the item compares.
COMPOSITE_KEYS = """
CREATE UNIQUE INDEX judgment_id_cohort ON labeling_judgment (id, cohort);
ALTER TABLE datasets_snapshotitem
    ADD CONSTRAINT item_purpose_of_snapshot FOREIGN KEY (snapshot_id, purpose)
        REFERENCES datasets_datasetsnapshot (id, purpose),
    ADD CONSTRAINT item_cohort_of_judgment FOREIGN KEY (judgment_id, cohort)
        REFERENCES labeling_judgment (id, cohort);
"""

# Items enter with the build that makes the snapshot ready, in its transaction, and at no other time.
ITEMS_WHILE_BUILDING = """
CREATE FUNCTION datasets_item_while_building() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added JOIN datasets_datasetsnapshot snapshot ON snapshot.id = added.snapshot_id
               WHERE snapshot.state <> 'building') THEN
        RAISE EXCEPTION 'nothing enters a snapshot that is built'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'item_while_building';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER datasets_item_while_building AFTER INSERT ON datasets_snapshotitem
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION datasets_item_while_building();
"""


class Migration(migrations.Migration):
    """Held-out judgments cannot enter a training snapshot; what is ready never changes."""

    dependencies = [
        ("datasets", "0001_initial"),
        ("labeling", "0002_referee"),
        ("core", "0001_frozen_rows"),
    ]
    operations = [
        migrations.RunSQL(
            COMPOSITE_KEYS,
            "ALTER TABLE datasets_snapshotitem DROP CONSTRAINT item_purpose_of_snapshot, "
            "DROP CONSTRAINT item_cohort_of_judgment; DROP INDEX judgment_id_cohort",
        ),
        migrations.RunSQL(
            ITEMS_WHILE_BUILDING,
            "DROP TRIGGER datasets_item_while_building ON datasets_snapshotitem; "
            "DROP FUNCTION datasets_item_while_building()",
        ),
        freeze_rows("datasets_datasetsnapshot", when="OLD.state = 'ready'"),
        freeze_rows("datasets_snapshotitem"),
        freeze_rows("datasets_snapshotfile"),
    ]
