from django.db import migrations

from apps.core.frozen import freeze_rows


class Migration(migrations.Migration):
    """The trail cannot be rewritten."""

    dependencies = [("audit", "0001_initial"), ("core", "0001_frozen_rows")]
    operations = [freeze_rows("audit_auditentry")]
