import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0002_frozen'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='judgments',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='Submitted so far, corrections aside.'),
        ),
        migrations.AddField(
            model_name='membership',
            name='skills',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, help_text='What they can judge that not everybody can, like language:es or domain:medicine.', size=None),
        ),
        migrations.AddField(
            model_name='project',
            name='labeler_daily_quota',
            field=models.PositiveIntegerField(blank=True, help_text='Most judgments of one labeler a day (UTC).', null=True, validators=[django.core.validators.MinValueValidator(1)]),
        ),
        migrations.AddField(
            model_name='project',
            name='labeler_quota',
            field=models.PositiveIntegerField(blank=True, help_text='Most judgments of one labeler in all.', null=True, validators=[django.core.validators.MinValueValidator(1)]),
        ),
        migrations.AddField(
            model_name='project',
            name='reserve_languages',
            field=models.BooleanField(default=False, help_text='A prompt with a language goes to labelers with that language as a skill.'),
        ),
    ]
