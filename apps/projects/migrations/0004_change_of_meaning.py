from django.db import migrations, models
from django.db.models import Q

# Until now a version that was to be acknowledged was one that changed the meaning. Published rows are frozen, so this
# goes round their trigger; nothing that was there before is touched.
AS_IT_WAS = """
ALTER TABLE projects_guidelineversion DISABLE TRIGGER projects_guidelineversion_frozen;
UPDATE projects_guidelineversion SET changes_meaning = requires_acknowledgement;
ALTER TABLE projects_guidelineversion ENABLE TRIGGER projects_guidelineversion_frozen;
"""


class Migration(migrations.Migration):
    """Versions say whether they change the meaning, and acknowledgements outlive those that do not."""

    dependencies = [("projects", "0003_reservations_and_quotas")]
    operations = [
        migrations.AddField(
            "guidelineversion",
            "changes_meaning",
            models.BooleanField(default=True, help_text="Acknowledgements of the version before end with it."),
        ),
        migrations.AddField(
            "guidelineversion",
            "change",
            models.CharField(blank=True, default="", help_text="What is different, in a sentence.", max_length=500),
            preserve_default=False,
        ),
        migrations.AlterField(
            "guidelineversion",
            "requires_acknowledgement",
            models.BooleanField(
                default=True, help_text="Work under this version needs an acknowledgement of it, read or carried over."
            ),
        ),
        migrations.AddField(
            "guidelineacknowledgement",
            "carried",
            models.BooleanField(
                default=False,
                editable=False,
                help_text="Not read anew: an earlier version was, and the meaning is the same.",
            ),
        ),
        migrations.RunSQL(AS_IT_WAS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "guidelineversion",
            models.CheckConstraint(
                condition=Q(changes_meaning=False) | Q(requires_acknowledgement=True),
                name="guideline_change_of_meaning_is_acknowledged",
            ),
        ),
    ]
