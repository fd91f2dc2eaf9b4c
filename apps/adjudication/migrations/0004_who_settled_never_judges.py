from django.db import migrations

# What they had given back or let lapse is kept from them too; a skipped one never comes back anyway.
BAR = """
INSERT INTO labeling_assignment AS own (
    uid, task_id, membership_id, schema_id, state, display_order, active_seconds, draft_revision, skip_code, skip_reason)
SELECT gen_random_uuid(), task.id, settled.membership_id,
       (SELECT schema.id FROM projects_judgmentschema schema
        WHERE schema.project_id = task.project_id AND schema.published_at IS NOT NULL ORDER BY schema.number DESC LIMIT 1),
       'barred', ARRAY(SELECT generate_series(0, cardinality(task.candidates) - 1)::smallint), 0, 0, '', ''
FROM (SELECT DISTINCT task_id, membership_id FROM adjudication_resolution) settled
JOIN labeling_task task ON task.id = settled.task_id
ON CONFLICT (membership_id, task_id) DO UPDATE SET state = 'barred' WHERE own.state IN ('released', 'expired')
"""


class Migration(migrations.Migration):
    """Who settled a task saw what others said of it, and is not given it to judge."""

    dependencies = [("adjudication", "0003_held_out_stays"), ("labeling", "0017_barred")]
    operations = [migrations.RunSQL(BAR, migrations.RunSQL.noop)]
