import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# An ORM insert leaves position at 0: then the database says what it knows. A bulk copy says it all itself, and is
# checked like any other insert, a statement at a time.
PLACE = """
DROP TRIGGER labeling_task_candidates ON labeling_task;
DROP FUNCTION labeling_task_candidates();
CREATE FUNCTION labeling_task_writers(prompt bigint, candidates bigint[]) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT writer ORDER BY writer), '{}') FROM (
        SELECT author_id FROM prompts_prompt WHERE id = prompt
        UNION ALL SELECT member_id FROM prompts_completion WHERE id = ANY (candidates)
    ) AS wrote(writer) WHERE writer IS NOT NULL
$$;
CREATE FUNCTION labeling_task_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.position := NEW.id;
    NEW.candidate_set := ARRAY(SELECT DISTINCT c FROM unnest(NEW.candidates) AS c ORDER BY c);
    NEW.writers := labeling_task_writers(NEW.prompt_id, NEW.candidates);
    RETURN NEW;
END $$;
CREATE TRIGGER labeling_task_place BEFORE INSERT ON labeling_task
    FOR EACH ROW WHEN (NEW.position = 0) EXECUTE FUNCTION labeling_task_place();
"""
UNDO_PLACE = """
DROP TRIGGER labeling_task_place ON labeling_task;
DROP FUNCTION labeling_task_place();
DROP FUNCTION labeling_task_writers(bigint, bigint[]);
"""

# Small sets against large tables: the plan is kept for the session, so it must not be one for small tables.
WHOLE = """
CREATE FUNCTION labeling_task_whole() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM added JOIN prompts_prompt prompt ON prompt.id = added.prompt_id
               WHERE prompt.project_id <> added.project_id) THEN
        RAISE EXCEPTION 'a task''s prompt belongs to its project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_prompt_of_project';
    END IF;
    IF EXISTS (SELECT FROM added CROSS JOIN LATERAL unnest(added.candidates) AS own(id)
               LEFT JOIN prompts_completion completion
               ON completion.id = own.id AND completion.prompt_id = added.prompt_id WHERE completion.id IS NULL)
        OR EXISTS (SELECT FROM added WHERE added.candidate_set
                   <> ARRAY(SELECT DISTINCT c FROM unnest(added.candidates) AS c ORDER BY c)) THEN
        RAISE EXCEPTION 'a task''s candidates are distinct completions of its own prompt'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_candidates_of_prompt';
    END IF;
    IF EXISTS (SELECT FROM added WHERE added.writers <> labeling_task_writers(added.prompt_id, added.candidates)) THEN
        RAISE EXCEPTION 'a task names the members who wrote its prompt or a candidate'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_writers_are_told';
    END IF;
    IF EXISTS (SELECT FROM added WHERE added.position <> added.id) THEN
        RAISE EXCEPTION 'a fresh task''s position is its id'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_position_is_fresh';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER labeling_task_whole AFTER INSERT ON labeling_task
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION labeling_task_whole();
"""
UNDO_WHOLE = "DROP TRIGGER labeling_task_whole ON labeling_task; DROP FUNCTION labeling_task_whole();"

# A cursor only moves forward, so whatever it may have passed comes back in front of it, under a new number.
RETURNED = """
CREATE SEQUENCE labeling_task_returned MINVALUE -4611686018427387904 START -4611686018427387904 MAXVALUE -1;
CREATE FUNCTION labeling_task_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.position := nextval('labeling_task_returned');
    RETURN NEW;
END $$;
CREATE TRIGGER labeling_task_return
BEFORE UPDATE OF state, open_slots, priority, cohort, requires, sensitive ON labeling_task FOR EACH ROW WHEN (
    NEW.state = 'open' AND (
        NEW.open_slots > OLD.open_slots OR OLD.state <> 'open' OR NEW.priority <> OLD.priority
        OR NEW.cohort IS DISTINCT FROM OLD.cohort OR NEW.requires <> OLD.requires OR (OLD.sensitive AND NOT NEW.sensitive)
    )
) EXECUTE FUNCTION labeling_task_return();
"""
UNDO_RETURNED = """
DROP TRIGGER labeling_task_return ON labeling_task;
DROP FUNCTION labeling_task_return();
DROP SEQUENCE labeling_task_returned;
"""

# Who may take more than before looks at the queue from its start again.
REWIND = """
CREATE FUNCTION labeling_queue_rewind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM labeling_queuecursor WHERE membership_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER labeling_queue_rewind AFTER UPDATE OF accepts_sensitive, skills, cohort ON projects_membership FOR EACH ROW WHEN (
    NEW.accepts_sensitive <> OLD.accepts_sensitive OR NEW.skills <> OLD.skills OR NEW.cohort <> OLD.cohort
) EXECUTE FUNCTION labeling_queue_rewind();
"""
UNDO_REWIND = "DROP TRIGGER labeling_queue_rewind ON projects_membership; DROP FUNCTION labeling_queue_rewind();"

NOT_OWN_TEXT = """
CREATE OR REPLACE FUNCTION labeling_assignment_not_own_prompt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM labeling_task WHERE id = NEW.task_id AND NEW.membership_id = ANY (writers)) THEN
        RAISE EXCEPTION 'nobody labels a text they wrote'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_not_own_prompt';
    END IF;
    RETURN NEW;
END $$;
"""

WRITERS_FROZEN = """
CREATE TRIGGER labeling_task_frozen_writers BEFORE UPDATE OF writers ON labeling_task
    FOR EACH ROW WHEN (OLD.writers IS DISTINCT FROM NEW.writers) EXECUTE FUNCTION refuse_change();
"""

# What stands already, told as if it had been told from the start.
FILL = """
UPDATE labeling_task SET position = id, writers = labeling_task_writers(prompt_id, candidates);
UPDATE projects_membership member SET judgments = said.n FROM (
    SELECT assignment.membership_id AS id, count(*) AS n FROM labeling_judgment judgment
    JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
    WHERE judgment.supersedes_id IS NULL GROUP BY 1
) said WHERE said.id = member.id;
INSERT INTO labeling_overlapstratum (project_id, stratum, tasks)
    SELECT task.project_id, prompt.use_case, count(*) FROM labeling_task task
    JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
    WHERE task.purpose = 'production' AND task.required > 0 GROUP BY 1, 2;
"""


class Migration(migrations.Migration):
    """The queue at scale: lanes with positions, reservations, cursors, and who wrote what is to be judged."""

    dependencies = [
        ('labeling', '0007_skips_by_task'),
        ('projects', '0003_reservations_and_quotas'),
        ('prompts', '0004_author_frozen'),
    ]

    operations = [
        migrations.CreateModel(
            name='OverlapStratum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stratum', models.CharField(blank=True, max_length=60)),
                ('tasks', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'overlap strata',
            },
        ),
        migrations.CreateModel(
            name='QueueCursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('rank', 'Rank'), ('rate', 'Rate'), ('demonstrate', 'Demonstrate')], max_length=11)),
                ('priority', models.SmallIntegerField()),
                ('lane', models.SmallIntegerField(choices=[(0, 'Returned'), (1, 'Fresh')])),
                ('position', models.BigIntegerField()),
                ('rewound_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='When the lane was last read from its start.')),
            ],
        ),
        migrations.RunSQL("DROP TRIGGER labeling_task_frozen_author ON labeling_task", migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name='task',
            name='task_claimable',
        ),
        migrations.RemoveField(
            model_name='task',
            name='author',
        ),
        migrations.AddField(
            model_name='task',
            name='cohort',
            field=models.CharField(blank=True, choices=[('training', 'Training'), ('held-out', 'held-out')], help_text='Kept for that cohort.', max_length=8, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='position',
            field=models.BigIntegerField(db_default=0, editable=False),
        ),
        migrations.AddField(
            model_name='task',
            name='requires',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, help_text='Skills that a labeler needs, like language:es or domain:medicine.', size=None),
        ),
        migrations.AddField(
            model_name='task',
            name='writers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, editable=False, help_text='The members who wrote the prompt or a candidate: they never judge it. Told by the database.', size=None),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(models.F('project'), models.F('kind'), models.OrderBy(models.F('priority'), descending=True), models.F('position'), condition=models.Q(('open_slots__gt', 0), ('state', 'open')), name='task_claimable'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('cohort', None), ('cohort__in', ['training', 'held-out']), _connector='OR'), name='task_cohort_known'),
        ),
        migrations.AddField(
            model_name='overlapstratum',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project'),
        ),
        migrations.AddField(
            model_name='queuecursor',
            name='membership',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.membership'),
        ),
        migrations.AddConstraint(
            model_name='overlapstratum',
            constraint=models.UniqueConstraint(fields=('project', 'stratum'), name='overlap_stratum_once'),
        ),
        migrations.AddConstraint(
            model_name='queuecursor',
            constraint=models.UniqueConstraint(fields=('membership', 'kind', 'priority', 'lane'), name='queue_cursor_once_a_lane'),
        ),
        migrations.AddConstraint(
            model_name='queuecursor',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lane', 0), ('position__lt', 0)), models.Q(('lane', 1), ('position__gte', 0)), _connector='OR'), name='queue_cursor_in_its_lane'),
        ),
        migrations.RunSQL(PLACE, UNDO_PLACE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(WHOLE, UNDO_WHOLE),
        migrations.RunSQL(RETURNED, UNDO_RETURNED),
        migrations.RunSQL(REWIND, UNDO_REWIND),
        migrations.RunSQL(NOT_OWN_TEXT, migrations.RunSQL.noop),
        migrations.RunSQL(WRITERS_FROZEN, "DROP TRIGGER labeling_task_frozen_writers ON labeling_task"),
    ]
