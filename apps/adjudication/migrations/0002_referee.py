from django.db import migrations

from apps.core.frozen import freeze_rows

FITS = """
CREATE FUNCTION adjudication_resolution_fits() RETURNS trigger LANGUAGE plpgsql AS $$
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
    NEW.cohort := CASE WHEN held_out OR member.cohort = 'held-out' THEN 'held-out' ELSE 'training' END;
    RETURN NEW;
END $$;
CREATE TRIGGER adjudication_resolution_fits BEFORE INSERT ON adjudication_resolution
    FOR EACH ROW EXECUTE FUNCTION adjudication_resolution_fits();
"""


class Migration(migrations.Migration):
    """Nobody resolves what they judged or wrote; what was resolved stays as it is."""

    dependencies = [
        ("adjudication", "0001_initial"),
        ("labeling", "0004_nobody_labels_an_own_prompt"),
        ("core", "0001_frozen_rows"),
    ]
    operations = [
        migrations.RunSQL(
            FITS,
            "DROP TRIGGER adjudication_resolution_fits ON adjudication_resolution; "
            "DROP FUNCTION adjudication_resolution_fits()",
        ),
        freeze_rows("adjudication_resolution"),
    ]
