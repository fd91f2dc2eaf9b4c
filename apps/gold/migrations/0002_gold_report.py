import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("gold", "0001_initial"), ("projects", "0005_gold_and_retests")]

    operations = [
        migrations.CreateModel(
            name="GoldReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("body", models.JSONField()),
                ("read_to", models.BigIntegerField(help_text="Every judgment with an id up to this has been looked at.")),
                ("above", models.BigIntegerField(help_text="How many of the project's judgments above it have been looked at too.")),
                ("computed_at", models.DateTimeField()),
                ("seconds", models.FloatField(help_text="How long it took.")),
                ("project", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="gold_report", to="projects.project")),
            ],
        ),
    ]
