from django.db import migrations

# As in 0002, and held-out where it supersedes what is: whoever settles again has the earlier ladder before them.
FUNCTION = """
CREATE OR REPLACE FUNCTION adjudication_resolution_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    task labeling_task; member projects_membership; known bigint; held_out boolean;
BEGIN
    SELECT * INTO task FROM labeling_task WHERE id = NEW.task_id;
    SELECT * INTO member FROM projects_membership WHERE id = NEW.membership_id;
    IF task.project_id IS DISTINCT FROM member.project_id THEN
        RAISE EXCEPTION 'an adjudicator resolves tasks of their own project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resolution_within_project';
    END IF;
    IF member.id = ANY (task.writers) OR EXISTS (
        SELECT FROM labeling_judgment judgment JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
        WHERE judgment.task_id = task.id AND assignment.membership_id = member.id) THEN
        RAISE EXCEPTION 'nobody resolves what they judged or wrote'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resolution_not_own';
    END IF;
    IF NEW.tiers IS NOT NULL AND (cardinality(NEW.tiers) <> cardinality(task.candidates) OR NOT tiers_are_dense(NEW.tiers)) THEN
        RAISE EXCEPTION 'a resolution has one dense tier for each candidate'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resolution_tier_each';
    END IF;
    IF NEW.supersedes_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM adjudication_resolution WHERE id = NEW.supersedes_id AND task_id = NEW.task_id) THEN
        RAISE EXCEPTION 'a resolution supersedes one of the same task'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resolution_supersedes_same';
    END IF;
    SELECT count(*), coalesce(bool_or(cohort = 'held-out'), false) INTO known, held_out FROM labeling_judgment
    WHERE id = ANY (NEW.judgments) AND task_id = NEW.task_id;
    IF known < 2 OR known <> cardinality(NEW.judgments) THEN
        RAISE EXCEPTION 'a resolution rests on several judgments of its task'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resolution_of_judgments';
    END IF;
    held_out := held_out OR member.cohort = 'held-out'{also};
    NEW.cohort := CASE WHEN held_out THEN 'held-out' ELSE 'training' END;
    RETURN NEW;
END $$;
"""
INHERITED = """ OR EXISTS (
        SELECT FROM adjudication_resolution WHERE id = NEW.supersedes_id AND cohort = 'held-out')"""


class Migration(migrations.Migration):
    """What held-out labelers said does not reach training by being settled once more."""

    dependencies = [("adjudication", "0002_referee")]
    operations = [migrations.RunSQL(FUNCTION.format(also=INHERITED), FUNCTION.format(also=""))]
