import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0002_options_and_known_lines'),
        ('projects', '0003_reservations_and_quotas'),
        ('prompts', '0004_author_frozen'),
    ]

    operations = [
        migrations.CreateModel(
            name='PrefixMark',
            fields=[
                ('digest', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('content_sha256', models.CharField(max_length=64)),
                ('line', models.PositiveBigIntegerField(null=True)),
                ('imported', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='imports.import')),
            ],
        ),
        migrations.CreateModel(
            name='PrefixesRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('characters', models.PositiveIntegerField()),
                ('up_to', models.BigIntegerField()),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'characters'), name='prefixes_read_once_a_length')],
            },
        ),
        migrations.CreateModel(
            name='UseCaseTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use_case', models.CharField(blank=True, max_length=60)),
                ('prompts', models.PositiveBigIntegerField()),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'use_case'), name='use_case_tally_once')],
            },
        ),
        migrations.CreateModel(
            name='PersonalFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveBigIntegerField()),
                ('field', models.CharField(max_length=60)),
                ('kind', models.CharField(max_length=30)),
                ('count', models.PositiveIntegerField()),
                ('imported', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='imports.import')),
            ],
            options={
                'indexes': [models.Index(fields=['imported', 'line'], name='import_findings_in_order')],
                'constraints': [models.CheckConstraint(condition=models.Q(('count__gt', 0)), name='finding_counts')],
            },
        ),
        # The prompts of a source, counted against its cap. Nothing for prompts without one; kept here and not on the
        # model, because only imports ask.
        migrations.RunSQL(
            "CREATE INDEX prompt_of_source ON prompts_prompt (project_id, source_key) WHERE source_key <> ''",
            "DROP INDEX prompt_of_source",
        ),
    ]
