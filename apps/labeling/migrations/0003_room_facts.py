import django.db.models.deletion
from django.db import migrations, models

from apps.core.frozen import freeze_rows


class Migration(migrations.Migration):
    """What happened in the room: activity as sent, why a task was skipped, how a demonstration came about."""

    dependencies = [
        ('labeling', '0002_referee'),
        ('projects', '0002_frozen'),
        ('prompts', '0003_author'),
    ]

    operations = [
        migrations.CreateModel(
            name='ActivityBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=32)),
                ('number', models.PositiveIntegerField()),
                ('events', models.JSONField()),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'activity batches',
            },
        ),
        migrations.AddField(
            model_name='assignment',
            name='skip_code',
            field=models.CharField(blank=True, choices=[('unclear', 'Unclear'), ('knowledge', 'Knowledge'), ('language', 'Language'), ('content', 'Content'), ('broken', 'Broken'), ('other', 'Other')], max_length=9),
        ),
        migrations.AddField(
            model_name='demonstration',
            name='nearest',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='prompts.completion'),
        ),
        migrations.AddField(
            model_name='demonstration',
            name='pasted_share',
            field=models.FloatField(help_text='Pasted characters as a share of the text, 0 to 1; null where the browser did not tell.', null=True),
        ),
        migrations.AddField(
            model_name='demonstration',
            name='similarity',
            field=models.FloatField(help_text='To the text it is nearest to, 0 to 1 (domain.similarity).', null=True),
        ),
        migrations.AddField(
            model_name='judgment',
            name='proposal',
            field=models.BooleanField(default=False, help_text="The ladder was begun from the ratings' proposal."),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('skip_code', ''), models.Q(('skip_code__in', ['unclear', 'knowledge', 'language', 'content', 'broken', 'other']), ('state', 'skipped')), _connector='OR'), name='assignment_skip_code_known'),
        ),
        migrations.AddConstraint(
            model_name='demonstration',
            constraint=models.CheckConstraint(condition=models.Q(('pasted_share', None), ('pasted_share__range', (0, 1)), _connector='OR'), name='demonstration_pasted_within_0_1'),
        ),
        migrations.AddConstraint(
            model_name='demonstration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('nearest', None), ('similarity', None)), models.Q(('similarity__isnull', False), ('similarity__range', (0, 1))), _connector='OR'), name='demonstration_similarity_within_0_1'),
        ),
        migrations.AddField(
            model_name='activitybatch',
            name='assignment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activity', to='labeling.assignment'),
        ),
        migrations.AddConstraint(
            model_name='activitybatch',
            constraint=models.UniqueConstraint(fields=('assignment', 'page', 'number'), name='activity_batch_once'),
        ),
        freeze_rows("labeling_activitybatch"),
    ]
