from django.db import migrations, models

# What an import closed asked for judgments that nobody could give. Now it asks for none, so that it is told from what a
# manager closed; before this migration only imports closed tasks.
ASLEEP = """
UPDATE labeling_task SET required = 0, open_slots = 0
WHERE state = 'closed' AND purpose = 'production' AND repeats_id IS NULL AND open_slots = required AND required > 0
"""


class Migration(migrations.Migration):
    """Tasks that are not for everybody can be counted, and those that imports closed are known as such."""

    dependencies = [
        ("labeling", "0009_hot_verbs"),
    ]

    operations = [
        migrations.RunSQL(ASLEEP, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                models.F("project"),
                models.F("kind"),
                condition=models.Q(
                    ("open_slots__gt", 0),
                    ("state", "open"),
                    models.Q(
                        ("sensitive", True),
                        ("cohort__isnull", False),
                        models.Q(("requires", []), _negated=True),
                        _connector="OR",
                    ),
                ),
                name="task_set_apart",
            ),
        ),
    ]
