from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0001_initial'),
        ('projects', '0003_reservations_and_quotas'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='KnownLine',
            fields=[
                ('digest', models.UUIDField(editable=False, primary_key=True, serialize=False)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='import',
            name='import_format_known',
        ),
        migrations.AddField(
            model_name='import',
            name='options',
            field=models.JSONField(default=dict, help_text='As given (domain.options).'),
        ),
        migrations.AddField(
            model_name='import',
            name='screened',
            field=models.JSONField(default=dict, help_text='What the options did: lines by rule.'),
        ),
        migrations.AlterField(
            model_name='import',
            name='format',
            field=models.CharField(choices=[('jsonl', 'JSONL'), ('csv', 'CSV'), ('parquet', 'Parquet'), ('label-studio', 'Label Studio JSON'), ('argilla', 'Argilla records'), ('hh', 'HH-RLHF transcripts'), ('oasst', 'OpenAssistant trees')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(('format__in', ['jsonl', 'csv', 'parquet', 'label-studio', 'argilla', 'hh', 'oasst'])), name='import_format_known'),
        ),
    ]
