from django.db import migrations

from apps.core.frozen import freeze_columns, freeze_rows

TASK_CANDIDATES = """
CREATE FUNCTION labeling_task_candidates() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER labeling_task_candidates BEFORE INSERT ON labeling_task
    FOR EACH ROW EXECUTE FUNCTION labeling_task_candidates();
"""

ASSIGNMENT_ORDER = """
CREATE FUNCTION labeling_assignment_order() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER labeling_assignment_order BEFORE INSERT ON labeling_assignment
    FOR EACH ROW EXECUTE FUNCTION labeling_assignment_order();
"""

JUDGMENT_CHAIN = """
CREATE FUNCTION labeling_judgment_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.assignment_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM labeling_assignment WHERE id = NEW.assignment_id AND task_id = NEW.task_id) THEN
        RAISE EXCEPTION 'a judgment is about its assignment''s task'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_task_of_assignment';
    END IF;
    IF NEW.external_labeler_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM labeling_task task JOIN projects_externallabeler labeler USING (project_id)
        WHERE task.id = NEW.task_id AND labeler.id = NEW.external_labeler_id) THEN
        RAISE EXCEPTION 'an external labeler judges tasks of its own project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_within_project';
    END IF;
    IF NEW.supersedes_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM labeling_judgment WHERE id = NEW.supersedes_id AND task_id = NEW.task_id
            AND assignment_id IS NOT DISTINCT FROM NEW.assignment_id
            AND external_labeler_id IS NOT DISTINCT FROM NEW.external_labeler_id
            AND cohort = NEW.cohort) THEN
        RAISE EXCEPTION 'a correction supersedes a judgment of the same labeler, task and cohort'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_supersedes_own';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER labeling_judgment_chain BEFORE INSERT ON labeling_judgment
    FOR EACH ROW EXECUTE FUNCTION labeling_judgment_chain();
"""

RANKING_TIERS = """
CREATE FUNCTION labeling_ranking_tiers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(NEW.tiers) <> (
        SELECT cardinality(task.candidates) FROM labeling_task task
        JOIN labeling_judgment judgment ON judgment.task_id = task.id WHERE judgment.id = NEW.judgment_id) THEN
        RAISE EXCEPTION 'a ranking has one tier for each candidate'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ranking_tier_each';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER labeling_ranking_tiers BEFORE INSERT ON labeling_ranking
    FOR EACH ROW EXECUTE FUNCTION labeling_ranking_tiers();
CREATE FUNCTION tiers_are_dense(tiers smallint[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(min(t) = 1 AND max(t) = count(DISTINCT t), false) FROM unnest(tiers) AS t
$$;
ALTER TABLE labeling_ranking ADD CONSTRAINT ranking_tiers_dense CHECK (tiers_are_dense(tiers));
"""

UNDO = {
    TASK_CANDIDATES: "DROP TRIGGER labeling_task_candidates ON labeling_task; DROP FUNCTION labeling_task_candidates()",
    ASSIGNMENT_ORDER: "DROP TRIGGER labeling_assignment_order ON labeling_assignment; DROP FUNCTION labeling_assignment_order()",
    JUDGMENT_CHAIN: "DROP TRIGGER labeling_judgment_chain ON labeling_judgment; DROP FUNCTION labeling_judgment_chain()",
    RANKING_TIERS: "ALTER TABLE labeling_ranking DROP CONSTRAINT ranking_tiers_dense; DROP FUNCTION tiers_are_dense(smallint[]); "
    "DROP TRIGGER labeling_ranking_tiers ON labeling_ranking; DROP FUNCTION labeling_ranking_tiers()",
}  # fmt: skip


class Migration(migrations.Migration):
    """What a plain constraint cannot say: rules across rows, and rows that never change."""

    dependencies = [("labeling", "0001_initial"), ("core", "0001_frozen_rows"), ("prompts", "0002_frozen")]
    operations = [
        *(migrations.RunSQL(forward, backward) for forward, backward in UNDO.items()),
        freeze_columns("labeling_task", "uid", "project_id", "prompt_id", "kind", "purpose", "candidates", "candidate_set"),
        freeze_columns("labeling_assignment", "uid", "task_id", "membership_id", "display_order"),
        freeze_rows("labeling_judgment"),
        freeze_rows("labeling_ranking"),
        freeze_rows("labeling_ratings"),
        freeze_rows("labeling_demonstration"),
    ]
