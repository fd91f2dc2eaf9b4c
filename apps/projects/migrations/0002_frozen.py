from django.db import migrations

from apps.core.frozen import freeze_columns, freeze_rows


class Migration(migrations.Migration):
    """Published instructions and schemas, and who read them, stay as they were."""

    dependencies = [("projects", "0001_initial"), ("core", "0001_frozen_rows")]
    operations = [
        freeze_rows("projects_guidelineversion", when="OLD.published_at IS NOT NULL"),
        freeze_rows("projects_judgmentschema", when="OLD.published_at IS NOT NULL"),
        freeze_rows("projects_guidelineacknowledgement"),
        # A new seed would move prompts between splits; a new pseudonym would orphan exports.
        freeze_columns("projects_project", "seed", "uid"),
        freeze_columns("projects_membership", "pseudonym", "project_id", "user_id"),
    ]
