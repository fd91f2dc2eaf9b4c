import django.db.models.deletion
from django.db import migrations, models

# As in 0002, and the task takes over its prompt's author while that row is looked at anyway.
TASK_CANDIDATES = """
CREATE OR REPLACE FUNCTION labeling_task_candidates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.candidate_set := ARRAY(SELECT DISTINCT c FROM unnest(NEW.candidates) AS c ORDER BY c);
    IF (SELECT count(*) FROM prompts_completion
        WHERE id = ANY (NEW.candidates) AND prompt_id = NEW.prompt_id) <> cardinality(NEW.candidates) THEN
        RAISE EXCEPTION 'a task''s candidates are distinct completions of its own prompt'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_candidates_of_prompt';
    END IF;
    SELECT author_id INTO NEW.author_id FROM prompts_prompt WHERE id = NEW.prompt_id AND project_id = NEW.project_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a task''s prompt belongs to its project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_prompt_of_project';
    END IF;
    RETURN NEW;
END $$;
"""

TASK_CANDIDATES_BEFORE = """
CREATE OR REPLACE FUNCTION labeling_task_candidates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.candidate_set := ARRAY(SELECT DISTINCT c FROM unnest(NEW.candidates) AS c ORDER BY c);
    IF (SELECT count(*) FROM prompts_completion
        WHERE id = ANY (NEW.candidates) AND prompt_id = NEW.prompt_id) <> cardinality(NEW.candidates) THEN
        RAISE EXCEPTION 'a task''s candidates are distinct completions of its own prompt'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_candidates_of_prompt';
    END IF;
    IF NOT EXISTS (SELECT FROM prompts_prompt WHERE id = NEW.prompt_id AND project_id = NEW.project_id) THEN
        RAISE EXCEPTION 'a task''s prompt belongs to its project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_prompt_of_project';
    END IF;
    RETURN NEW;
END $$;
"""

AUTHOR_FROZEN = """
CREATE TRIGGER labeling_task_frozen_author BEFORE UPDATE ON labeling_task
    FOR EACH ROW WHEN (OLD.author_id IS DISTINCT FROM NEW.author_id) EXECUTE FUNCTION refuse_change();
"""

# Task and labeler of an assignment never change (0002), so the insert is all there is to watch.
NOT_OWN_PROMPT = """
CREATE FUNCTION labeling_assignment_not_own_prompt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM labeling_task WHERE id = NEW.task_id AND author_id = NEW.membership_id) THEN
        RAISE EXCEPTION 'nobody labels a prompt they wrote'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_not_own_prompt';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER labeling_assignment_not_own_prompt BEFORE INSERT ON labeling_assignment
    FOR EACH ROW EXECUTE FUNCTION labeling_assignment_not_own_prompt();
"""
UNDO_NOT_OWN_PROMPT = (
    "DROP TRIGGER labeling_assignment_not_own_prompt ON labeling_assignment; "
    "DROP FUNCTION labeling_assignment_not_own_prompt()"
)


class Migration(migrations.Migration):
    """A task knows who wrote its prompt, and the database keeps it from that person's desk."""

    dependencies = [("labeling", "0003_room_facts"), ("projects", "0002_frozen"), ("prompts", "0004_author_frozen")]
    operations = [
        migrations.AddField(
            model_name="task",
            name="author",
            field=models.ForeignKey(
                db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="projects.membership", help_text="Copied from the prompt by the database, for the claim.",
            ),
        ),
        migrations.RunSQL(TASK_CANDIDATES, TASK_CANDIDATES_BEFORE),
        migrations.RunSQL(AUTHOR_FROZEN, "DROP TRIGGER labeling_task_frozen_author ON labeling_task"),
        migrations.RunSQL(NOT_OWN_PROMPT, UNDO_NOT_OWN_PROMPT),
    ]
