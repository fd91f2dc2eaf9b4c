"""A reward run may be compared with the reward model before it."""

import django.db.models.deletion
from django.db import migrations, models

from apps.core.frozen import freeze_columns

_ASKED = (
    "uid", "project_id", "kind", "spec", "spec_sha256", "snapshot_id", "demonstrations_id", "parent_model_id",
    "reward_model_id",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_runs_and_frozen_versions"),
        ("training", "0003_loop_prompts_without_task"),
    ]

    operations = [
        migrations.AddField(
            "trainingrun",
            "previous_model",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.modelversion"
            ),
        ),
        migrations.AddConstraint(
            "trainingrun",
            models.CheckConstraint(
                condition=models.Q(kind="reward") | models.Q(previous_model=None), name="training_previous_is_rewards"
            ),
        ),
        migrations.RunSQL(
            freeze_columns("training_trainingrun", *_ASKED, "previous_model_id").sql,
            freeze_columns("training_trainingrun", *_ASKED).sql,
        ),
    ]
