from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from apps.core.frozen import freeze_columns

# Frozen with this migration: a later change of a function is a later migration's file.
_SQL = Path(__file__).parent / "sql"
CHECKS = (_SQL / "0013_checks.sql").read_text(encoding="utf-8")
_CLAIM_BEFORE = (_SQL / "0009_claim.sql").read_text(encoding="utf-8").partition("CREATE FUNCTION labeling_claim(")[2]
_ORDER_BEFORE = (_SQL / "0009_assignment.sql").read_text(encoding="utf-8").partition("CREATE OR REPLACE FUNCTION")[2]
UNDO_CHECKS = (
    f"CREATE OR REPLACE FUNCTION{_ORDER_BEFORE}"
    f"CREATE OR REPLACE FUNCTION labeling_claim({_CLAIM_BEFORE}"
    """
    DROP FUNCTION labeling_check_take(projects_membership, varchar, bigint, integer, timestamptz);
    DROP FUNCTION labeling_repeat_of(bigint);
    DROP FUNCTION labeling_retest_pick(projects_membership, varchar, projects_project, double precision, timestamptz);
    DROP FUNCTION labeling_gold_pick(projects_membership, varchar, bigint);
    DROP FUNCTION labeling_check_draw(bigint, bigint, varchar, integer);
    """
)
_FROZEN = ("uid", "project_id", "prompt_id", "kind", "purpose", "candidates", "candidate_set")


class Migration(migrations.Migration):
    """Gold and silent retests in the claim: at a project's rates, at places that nobody can foretell."""

    dependencies = [
        ('labeling', '0010_tasks_by_statement'),
        ('projects', '0005_gold_and_retests'),
        ('prompts', '0005_index_diet'),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckPace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort', models.CharField(choices=[('gold', 'Gold'), ('retest', 'Retest')], max_length=6)),
                ('drawn', models.PositiveIntegerField()),
                ('begins', models.FloatField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='task',
            name='task_repeats',
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(models.F('project'), models.F('kind'), condition=models.Q(('purpose', 'gold'), ('state', 'open')), name='task_gold'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(condition=models.Q(('purpose', 'gold'), ('state', 'open')), fields=('prompt', 'kind', 'candidate_set'), name='task_gold_once'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(condition=models.Q(('repeats__isnull', False)), fields=('repeats',), name='task_repeated_once'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('repeats', None), models.Q(('purpose', 'production'), ('required', None)), _connector='OR'), name='task_repeat_takes_no_slot'),
        ),
        migrations.AddField(
            model_name='checkpace',
            name='membership',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.membership'),
        ),
        migrations.AddField(
            model_name='checkpace',
            name='task',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.task'),
        ),
        migrations.AddConstraint(
            model_name='checkpace',
            constraint=models.UniqueConstraint(fields=('membership', 'sort'), name='check_pace_once_a_sort'),
        ),
        migrations.AddConstraint(
            model_name='checkpace',
            constraint=models.CheckConstraint(condition=models.Q(('sort__in', ['gold', 'retest'])), name='check_pace_sort_known'),
        ),
        migrations.RunSQL(
            freeze_columns("labeling_task", *_FROZEN, "repeats_id").sql, freeze_columns("labeling_task", *_FROZEN).sql
        ),
        # Rewritten with every check: with room on its page, no index notices.
        migrations.RunSQL("ALTER TABLE labeling_checkpace SET (fillfactor = 50)", migrations.RunSQL.noop),
        migrations.RunSQL(CHECKS, UNDO_CHECKS),
    ]
