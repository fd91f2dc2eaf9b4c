from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0005_judgment_says_something"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                models.F("membership"),
                models.F("seen_at"),
                include=("state", "active_seconds"),
                name="assignment_days",
            ),
        ),
    ]
