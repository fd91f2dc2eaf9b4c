from django.db import migrations

# Asked once of all that a statement adds; where the project has no gold, by one look. A task beside gold is closed, not
# refused: it may come with an import or a turn of the loop, whose other lines are as good as ever.
ADDED = """
CREATE FUNCTION labeling_task_beside_gold_added() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM labeling_task gold WHERE gold.purpose = 'gold' AND gold.state = 'open'
               AND gold.project_id = ANY (ARRAY(SELECT DISTINCT project_id FROM added))) THEN
        UPDATE labeling_task SET state = 'closed' WHERE id IN (
            SELECT added.id FROM added
            JOIN labeling_task gold ON gold.prompt_id = added.prompt_id AND gold.kind = added.kind
                AND gold.purpose = 'gold' AND gold.state = 'open'
            WHERE added.purpose = 'production' AND added.state = 'open'
            UNION ALL
            SELECT work.id FROM added
            JOIN labeling_task work ON work.prompt_id = added.prompt_id AND work.kind = added.kind
                AND work.purpose = 'production' AND work.state = 'open'
            WHERE added.purpose = 'gold' AND added.state = 'open');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER labeling_task_beside_gold_added AFTER INSERT ON labeling_task
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION labeling_task_beside_gold_added();
"""
# Its name comes before labeling_task_return, which gives what becomes open a new place.
OPENED = """
CREATE FUNCTION labeling_task_beside_gold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM labeling_task gold WHERE gold.prompt_id = NEW.prompt_id AND gold.kind = NEW.kind
               AND gold.purpose = 'gold' AND gold.state = 'open') THEN
        NEW.state := 'closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER labeling_task_beside_gold BEFORE UPDATE OF state ON labeling_task FOR EACH ROW
    WHEN (NEW.state = 'open' AND OLD.state <> 'open' AND NEW.purpose = 'production')
    EXECUTE FUNCTION labeling_task_beside_gold();
"""
STANDING = """
UPDATE labeling_task work SET state = 'closed' FROM labeling_task gold
WHERE gold.prompt_id = work.prompt_id AND gold.kind = work.kind AND gold.purpose = 'gold' AND gold.state = 'open'
    AND work.purpose = 'production' AND work.state = 'open'
"""


class Migration(migrations.Migration):
    """What is gold is nobody's work: while it is given out, no other task of its prompt is open."""

    dependencies = [("labeling", "0017_barred")]
    operations = [
        migrations.RunSQL(
            ADDED,
            "DROP TRIGGER labeling_task_beside_gold_added ON labeling_task; "
            "DROP FUNCTION labeling_task_beside_gold_added()",
        ),
        migrations.RunSQL(
            OPENED,
            "DROP TRIGGER labeling_task_beside_gold ON labeling_task; DROP FUNCTION labeling_task_beside_gold()",
        ),
        migrations.RunSQL(STANDING, migrations.RunSQL.noop),
    ]
