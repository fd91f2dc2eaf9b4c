from django.db import migrations

SAYS_SOMETHING = """
CREATE FUNCTION labeling_judgment_says_something() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM labeling_ranking WHERE judgment_id = NEW.id)
        AND NOT EXISTS (SELECT FROM labeling_ratings WHERE judgment_id = NEW.id)
        AND NOT EXISTS (SELECT FROM labeling_demonstration WHERE judgment_id = NEW.id) THEN
        RAISE EXCEPTION 'a judgment has a ranking, ratings or a demonstration'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_says_something';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER labeling_judgment_says_something AFTER INSERT ON labeling_judgment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION labeling_judgment_says_something();
"""
UNDO = """
DROP TRIGGER labeling_judgment_says_something ON labeling_judgment;
DROP FUNCTION labeling_judgment_says_something();
"""


class Migration(migrations.Migration):
    """Its parts come after a judgment's row and never leave it, so one look at the commit is enough."""

    dependencies = [("labeling", "0004_nobody_labels_an_own_prompt")]
    operations = [migrations.RunSQL(SAYS_SOMETHING, UNDO)]
