from django.db import migrations, models

# An update that sets neither column does not ask: claims and submits never do.
NOTE = """
CREATE FUNCTION adjudication_stakes_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO adjudication_changedstakes (project_id, task_id) VALUES (NEW.project_id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER adjudication_stakes_changed AFTER UPDATE OF priority, sensitive ON labeling_task FOR EACH ROW
    WHEN (NEW.kind = 'rank' AND (OLD.priority <> NEW.priority OR OLD.sensitive <> NEW.sensitive))
    EXECUTE FUNCTION adjudication_stakes_changed();
"""


class Migration(migrations.Migration):
    """The queue takes over what changed of tasks without looking at all of them."""

    dependencies = [("adjudication", "0004_who_settled_never_judges")]
    operations = [
        migrations.CreateModel(
            name="ChangedStakes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project_id", models.BigIntegerField(db_index=True)),
                ("task_id", models.BigIntegerField()),
            ],
            options={"verbose_name_plural": "changed stakes"},
        ),
        migrations.RunSQL(
            NOTE,
            "DROP TRIGGER adjudication_stakes_changed ON labeling_task; DROP FUNCTION adjudication_stakes_changed()",
        ),
    ]
