from django.db import migrations

# As in 0008, in one walk: each task once, its prompt by key, its candidates by key. Every rule is the same:
# - what is found of the candidates, in order, is the candidate set: distinct, and the prompt's own;
# - the writers are those of the prompt and of the candidates. Mostly there are none, which is seen at once.
WHOLE = """
CREATE OR REPLACE FUNCTION labeling_task_whole() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
    elsewhere boolean;
    torn boolean;
    untold boolean;
    misplaced boolean;
BEGIN
    SELECT bool_or(prompt.project_id <> added.project_id),
           bool_or(found.ids IS DISTINCT FROM added.candidate_set
                   OR cardinality(found.ids) <> cardinality(added.candidates)),
           bool_or(CASE WHEN added.writers = '{}' THEN prompt.author_id IS NOT NULL OR found.written
                        ELSE added.writers <> labeling_task_writers(added.prompt_id, added.candidates) END),
           bool_or(added.position <> added.id)
    INTO elsewhere, torn, untold, misplaced
    FROM added JOIN prompts_prompt prompt ON prompt.id = added.prompt_id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(own.id ORDER BY own.id), '{}') AS ids,
               coalesce(bool_or(own.member_id IS NOT NULL), false) AS written
        FROM prompts_completion own WHERE own.id = ANY (added.candidates) AND own.prompt_id = added.prompt_id
    ) AS found;
    IF elsewhere THEN
        RAISE EXCEPTION 'a task''s prompt belongs to its project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_prompt_of_project';
    END IF;
    IF torn THEN
        RAISE EXCEPTION 'a task''s candidates are distinct completions of its own prompt'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_candidates_of_prompt';
    END IF;
    IF untold THEN
        RAISE EXCEPTION 'a task names the members who wrote its prompt or a candidate'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_writers_are_told';
    END IF;
    IF misplaced THEN
        RAISE EXCEPTION 'a fresh task''s position is its id'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_position_is_fresh';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    """The check of inserted tasks costs a fifth: four of its five walks are one."""

    dependencies = [("labeling", "0012_distribution")]
    operations = [migrations.RunSQL(WHOLE, migrations.RunSQL.noop)]
