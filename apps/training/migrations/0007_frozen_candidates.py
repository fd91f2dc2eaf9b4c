"""What a set of candidates was asked, who writes for it and what was found never change; of a done one, nothing does."""

from django.db import migrations

from apps.core.frozen import freeze_columns, freeze_rows


class Migration(migrations.Migration):
    dependencies = [("training", "0006_candidate_sets")]

    operations = [
        freeze_columns("training_candidateset", "uid", "project_id", "snapshot_id", "k", "spec", "rules", "sha256"),
        freeze_rows("training_candidateset", when="OLD.state = 'done'"),
        freeze_rows("training_candidatesource"),
        freeze_rows("training_candidatefinding"),
    ]
