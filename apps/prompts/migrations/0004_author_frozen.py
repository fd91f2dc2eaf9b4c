from django.db import migrations

FREEZE = """
CREATE TRIGGER prompts_prompt_frozen_author BEFORE UPDATE ON prompts_prompt
    FOR EACH ROW WHEN (OLD.author_id IS DISTINCT FROM NEW.author_id) EXECUTE FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    """Who wrote a prompt is settled when it is stored: tasks keep a copy (labeling.0004)."""

    dependencies = [("prompts", "0003_author"), ("core", "0001_frozen_rows")]
    operations = [migrations.RunSQL(FREEZE, "DROP TRIGGER prompts_prompt_frozen_author ON prompts_prompt")]
