from django.db import migrations

from apps.core.frozen import freeze_columns

REPORT_SUBJECT = """
CREATE FUNCTION feedback_report_subject() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM labeling_task task JOIN projects_membership member USING (project_id)
        WHERE task.id = NEW.task_id AND member.id = NEW.member_id
            AND task.project_id = NEW.project_id AND task.prompt_id = NEW.prompt_id
            AND (NEW.completion_id IS NULL OR NEW.completion_id = ANY (task.candidates))) THEN
        RAISE EXCEPTION 'a member of the project reports the prompt of its task, or one of its outputs'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'report_subject_of_task';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER feedback_report_subject BEFORE INSERT ON feedback_report
    FOR EACH ROW EXECUTE FUNCTION feedback_report_subject();
"""

QUESTION_AUTHOR = """
CREATE FUNCTION feedback_question_author() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM labeling_assignment assignment JOIN projects_membership member
            ON member.id = assignment.membership_id
        WHERE assignment.id = NEW.assignment_id AND member.id = NEW.member_id
            AND member.project_id = NEW.project_id) THEN
        RAISE EXCEPTION 'a question is asked by whoever holds its assignment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'question_of_own_assignment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER feedback_question_author BEFORE INSERT ON feedback_question
    FOR EACH ROW EXECUTE FUNCTION feedback_question_author();
"""


def _function(sql: str, name: str, table: str) -> migrations.RunSQL:
    return migrations.RunSQL(sql, f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();")


class Migration(migrations.Migration):
    """Rules that span rows; and what was said stays said."""

    dependencies = [("feedback", "0001_initial"), ("core", "0001_frozen_rows")]
    operations = [
        _function(REPORT_SUBJECT, "feedback_report_subject", "feedback_report"),
        _function(QUESTION_AUTHOR, "feedback_question_author", "feedback_question"),
        freeze_columns(
            "feedback_report", "uid", "project_id", "task_id", "prompt_id", "completion_id", "member_id", "category", "text"
        ),
        freeze_columns("feedback_question", "uid", "project_id", "assignment_id", "member_id", "body", "sha256"),
    ]
