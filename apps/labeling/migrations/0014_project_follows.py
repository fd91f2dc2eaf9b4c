import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A task's project is its prompt's, which the database sees to; that it exists need not be asked once more."""

    dependencies = [("labeling", "0013_checks")]

    operations = [
        migrations.AlterField(
            model_name="task",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tasks",
                to="projects.project",
            ),
        ),
    ]
