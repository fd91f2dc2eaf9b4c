from django.db import migrations

from apps.core.frozen import freeze_columns, freeze_rows


class Migration(migrations.Migration):
    """A judged text stays the text that was judged."""

    dependencies = [("prompts", "0001_initial"), ("core", "0001_frozen_rows")]
    operations = [
        freeze_columns("prompts_prompt", "uid", "project_id", "messages", "context", "content_sha256", "split"),
        freeze_rows("prompts_completion"),
    ]
