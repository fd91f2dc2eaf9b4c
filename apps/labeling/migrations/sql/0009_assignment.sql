-- The rules of a new assignment, which were three looks at the same two rows.
DROP TRIGGER labeling_assignment_not_own_prompt ON labeling_assignment;
DROP FUNCTION labeling_assignment_not_own_prompt();
CREATE OR REPLACE FUNCTION labeling_assignment_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    task record;
BEGIN
    SELECT wanted.project_id, cardinality(wanted.candidates) AS k, member.project_id AS home,
           NEW.membership_id = ANY (wanted.writers) AS own_text
    INTO task FROM labeling_task wanted LEFT JOIN projects_membership member ON member.id = NEW.membership_id
    WHERE wanted.id = NEW.task_id;
    IF cardinality(NEW.display_order) <> task.k
        OR NOT NEW.display_order @> ARRAY(SELECT generate_series(0, task.k - 1)::smallint) THEN
        RAISE EXCEPTION 'the display order is a permutation of the task''s candidates'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_order_is_permutation';
    ELSIF task.home IS DISTINCT FROM task.project_id THEN
        RAISE EXCEPTION 'a labeler takes tasks of their own project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_within_project';
    ELSIF task.own_text THEN
        RAISE EXCEPTION 'nobody labels a text they wrote'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_not_own_prompt';
    END IF;
    RETURN NEW;
END $$;
