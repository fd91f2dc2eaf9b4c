from django.db import migrations, models


class Migration(migrations.Migration):
    """The list of skipped prompts reads the skips alone, not every assignment of the project."""

    dependencies = [("labeling", "0006_days_of_work")]
    operations = [
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index("task", condition=models.Q(state="skipped"), name="assignment_skipped"),
        ),
    ]
