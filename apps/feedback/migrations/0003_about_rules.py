import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from apps.core.frozen import freeze_columns

OWN_GUIDELINE = """
CREATE FUNCTION feedback_question_guideline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM labeling_assignment assignment
                   WHERE assignment.id = NEW.assignment_id AND assignment.guideline_id = NEW.guideline_id) THEN
        RAISE EXCEPTION 'a question about a guideline is about that of its assignment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'question_of_own_guideline';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER feedback_question_guideline BEFORE INSERT ON feedback_question
    FOR EACH ROW WHEN (NEW.guideline_id IS NOT NULL) EXECUTE FUNCTION feedback_question_guideline();
"""
UNDO = "DROP TRIGGER feedback_question_guideline ON feedback_question; DROP FUNCTION feedback_question_guideline();"
_SAID = ("uid", "project_id", "assignment_id", "member_id", "body", "sha256")


class Migration(migrations.Migration):
    """Questions about a rule of a guideline, and answers that everybody reads beside it."""

    dependencies = [("feedback", "0002_referee"), ("projects", "0004_change_of_meaning")]
    operations = [
        migrations.AddField(
            "question",
            "guideline",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="questions",
                to="projects.guidelineversion",
            ),
        ),
        migrations.AddField("question", "rule", models.CharField(blank=True, max_length=100)),
        migrations.AddField(
            "question",
            "shown_question",
            models.CharField(
                blank=True, max_length=2000,
                help_text="The question as everybody reads it beside the rule; empty: not shown.",
            ),
        ),
        migrations.AddIndex(
            "question", models.Index("project", condition=~Q(shown_question=""), name="question_shown")
        ),
        migrations.AddConstraint(
            "question",
            models.CheckConstraint(
                condition=Q(rule="") | Q(guideline__isnull=False), name="question_rule_of_a_guideline"
            ),
        ),
        migrations.AddConstraint(
            "question",
            models.CheckConstraint(
                condition=Q(shown_question="") | Q(guideline__isnull=False, answered_at__isnull=False),
                name="question_shown_once_answered",
            ),
        ),
        migrations.RunSQL(OWN_GUIDELINE, UNDO),
        migrations.RunSQL(
            freeze_columns("feedback_question", *_SAID, "guideline_id", "rule").sql,
            freeze_columns("feedback_question", *_SAID).sql,
        ),
    ]  # fmt: skip
