from django.db import migrations

from apps.core.frozen import freeze_columns, freeze_rows

# Answers change while the attempt is open, and never after it was submitted.
ANSWERS_WHILE_OPEN = """
CREATE FUNCTION screening_answer_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM screening_attempt attempt WHERE attempt.submitted_at IS NOT NULL
               AND attempt.id IN (coalesce(OLD.attempt_id, 0), coalesce(NEW.attempt_id, 0))) THEN
        RAISE EXCEPTION 'the answers of a submitted attempt stay as they are'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'exam_answer_while_open';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER screening_answer_while_open BEFORE INSERT OR UPDATE OR DELETE ON screening_examanswer
    FOR EACH ROW EXECUTE FUNCTION screening_answer_while_open();
"""
# A grade may be mended until somebody decided on the strength of it.
GRADES_WHILE_UNDECIDED = """
CREATE FUNCTION screening_grade_while_undecided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM screening_examanswer answer JOIN screening_decision USING (attempt_id)
               WHERE answer.id IN (coalesce(OLD.answer_id, 0), coalesce(NEW.answer_id, 0))) THEN
        RAISE EXCEPTION 'the grades that a decision rests on stay as they are'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'grade_while_undecided';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER screening_grade_while_undecided BEFORE INSERT OR UPDATE OR DELETE ON screening_grade
    FOR EACH ROW EXECUTE FUNCTION screening_grade_while_undecided();
"""
# An attempt is of a version that was published, and about what was submitted alone is decided.
PUBLISHED_AND_SUBMITTED = """
CREATE FUNCTION screening_attempt_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM screening_exam exam JOIN projects_membership membership
                   ON membership.project_id = exam.project_id
                   WHERE exam.id = NEW.exam_id AND membership.id = NEW.membership_id
                   AND exam.published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'an attempt is of a published exam of its own project'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'attempt_of_published_exam';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER screening_attempt_of_published BEFORE INSERT ON screening_attempt
    FOR EACH ROW EXECUTE FUNCTION screening_attempt_of_published();
CREATE FUNCTION screening_decision_of_submitted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM screening_attempt WHERE id = NEW.attempt_id AND submitted_at IS NULL) THEN
        RAISE EXCEPTION 'nobody decides about an attempt that is not submitted'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'decision_of_submitted_attempt';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER screening_decision_of_submitted BEFORE INSERT ON screening_decision
    FOR EACH ROW EXECUTE FUNCTION screening_decision_of_submitted();
"""


def _back(*names: tuple[str, str]) -> str:
    return "".join(f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}(); " for name, table in names)


class Migration(migrations.Migration):
    """What was published, submitted or decided never changes."""

    dependencies = [("screening", "0001_initial"), ("core", "0001_frozen_rows"), ("projects", "0001_initial")]
    operations = [
        freeze_rows("screening_exam", when="OLD.published_at IS NOT NULL"),
        freeze_rows("screening_attempt", when="OLD.submitted_at IS NOT NULL"),
        freeze_columns("screening_attempt", "uid", "membership_id", "exam_id", "number"),
        freeze_rows("screening_practiceanswer"),
        freeze_rows("screening_decision"),
        migrations.RunSQL(ANSWERS_WHILE_OPEN, _back(("screening_answer_while_open", "screening_examanswer"))),
        migrations.RunSQL(GRADES_WHILE_UNDECIDED, _back(("screening_grade_while_undecided", "screening_grade"))),
        migrations.RunSQL(
            PUBLISHED_AND_SUBMITTED,
            _back(
                ("screening_attempt_of_published", "screening_attempt"),
                ("screening_decision_of_submitted", "screening_decision"),
            ),
        ),
    ]
