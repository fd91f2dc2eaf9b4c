from django.db import migrations, models
from django.db.models import Q

# The times are those of their gold, for nobody gives a sign of life by this. Who wrote a text of the task is kept from it
# anyway. Who has the task already keeps what they have.
BAR = """
CREATE FUNCTION labeling_task_bar_met_as_gold(works bigint[]) RETURNS void LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO labeling_assignment (
        uid, task_id, membership_id, schema_id, state, display_order, seen_at, created_at,
        active_seconds, draft_revision, skip_code, skip_reason)
    SELECT gen_random_uuid(), work.id, met.membership_id, met.schema_id, 'barred',
           ARRAY(SELECT generate_series(0, cardinality(work.candidates) - 1)::smallint), met.seen_at, met.created_at,
           0, 0, '', ''
    FROM labeling_task work
    JOIN labeling_task gold ON gold.project_id = work.project_id AND gold.prompt_id = work.prompt_id
        AND gold.kind = work.kind AND gold.purpose = 'gold' AND gold.state = 'closed'
    JOIN labeling_assignment met ON met.task_id = gold.id AND NOT met.membership_id = ANY (work.writers)
    WHERE work.id = ANY (works)
    ON CONFLICT (membership_id, task_id) DO NOTHING;
END $$;
"""
# Asked once of all that a statement adds; where no gold of the project was retired, by one look.
ADDED = """
CREATE FUNCTION labeling_task_met_as_gold_added() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM labeling_task gold WHERE gold.purpose = 'gold' AND gold.state = 'closed'
               AND gold.project_id = ANY (ARRAY(SELECT DISTINCT project_id FROM added WHERE repeats_id IS NULL))) THEN
        PERFORM labeling_task_bar_met_as_gold(ARRAY(
            SELECT id FROM added WHERE purpose = 'production' AND state = 'open' AND repeats_id IS NULL));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER labeling_task_met_as_gold_added AFTER INSERT ON labeling_task
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION labeling_task_met_as_gold_added();
"""
OPENED = """
CREATE FUNCTION labeling_task_met_as_gold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM labeling_task_bar_met_as_gold(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER labeling_task_met_as_gold AFTER UPDATE OF state ON labeling_task FOR EACH ROW
    WHEN (NEW.state = 'open' AND OLD.state <> 'open' AND NEW.purpose = 'production' AND NEW.repeats_id IS NULL)
    EXECUTE FUNCTION labeling_task_met_as_gold();
"""
STANDING = """
SELECT labeling_task_bar_met_as_gold(ARRAY(
    SELECT work.id FROM labeling_task gold JOIN labeling_task work ON work.prompt_id = gold.prompt_id
    WHERE gold.purpose = 'gold' AND gold.state = 'closed'
        AND work.purpose = 'production' AND work.state = 'open' AND work.repeats_id IS NULL))
"""


class Migration(migrations.Migration):
    """Who met a prompt as gold never gets it as work: it is kept from them by the state that keeps it from adjudicators."""

    dependencies = [("labeling", "0019_gold_waits")]
    operations = [
        migrations.AddIndex(
            "task",
            models.Index("project", "prompt", condition=Q(purpose="gold", state="closed"), name="task_gold_retired"),
        ),
        migrations.RunSQL(BAR, "DROP FUNCTION labeling_task_bar_met_as_gold(bigint[])"),
        migrations.RunSQL(
            ADDED,
            "DROP TRIGGER labeling_task_met_as_gold_added ON labeling_task; "
            "DROP FUNCTION labeling_task_met_as_gold_added()",
        ),
        migrations.RunSQL(
            OPENED,
            "DROP TRIGGER labeling_task_met_as_gold ON labeling_task; DROP FUNCTION labeling_task_met_as_gold()",
        ),
        migrations.RunSQL(STANDING, migrations.RunSQL.noop),
    ]
