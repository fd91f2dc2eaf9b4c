CREATE OR REPLACE FUNCTION labeling_assignment_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE k integer;
BEGIN
    SELECT cardinality(candidates) INTO k FROM labeling_task WHERE id = NEW.task_id;
    IF ARRAY(SELECT o::integer FROM unnest(NEW.display_order) AS o ORDER BY o)
        <> ARRAY(SELECT generate_series(0, k - 1)) THEN
        RAISE EXCEPTION 'the display order is a permutation of the task''s candidates'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_order_is_permutation';
    END IF;
    IF NOT EXISTS (SELECT FROM labeling_task task JOIN projects_membership member USING (project_id)
                   WHERE task.id = NEW.task_id AND member.id = NEW.membership_id) THEN
        RAISE EXCEPTION 'a labeler takes tasks of their own project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_within_project';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION labeling_assignment_not_own_prompt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM labeling_task WHERE id = NEW.task_id AND NEW.membership_id = ANY (writers)) THEN
        RAISE EXCEPTION 'nobody labels a text they wrote'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_not_own_prompt';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER labeling_assignment_not_own_prompt BEFORE INSERT ON labeling_assignment
    FOR EACH ROW EXECUTE FUNCTION labeling_assignment_not_own_prompt();
