import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0004_change_of_meaning'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='gold_threshold',
            field=models.FloatField(default=0.75, help_text='The share of gold items that a labeler should pass.', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)]),
        ),
        migrations.AddField(
            model_name='project',
            name='retest_after_hours',
            field=models.PositiveIntegerField(default=24, help_text='So many hours, at least.', validators=[django.core.validators.MaxValueValidator(8784)]),
        ),
        migrations.AddField(
            model_name='project',
            name='retest_after_judgments',
            field=models.PositiveIntegerField(default=50, help_text='So many judgments of theirs lie between a task and its repeat, at least.'),
        ),
        migrations.AddField(
            model_name='project',
            name='retest_rate',
            field=models.FloatField(default=0.0, help_text="Share of a labeler's judgments that repeat one of their own, to see how consistent they are.", validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)]),
        ),
        migrations.AlterField(
            model_name='project',
            name='gold_rate',
            field=models.FloatField(default=0.0, help_text="Share of a labeler's judgments that are on gold: tasks whose answer is known.", validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)]),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('gold_threshold__range', (0, 1)), ('retest_rate__range', (0, 1))), name='project_checks_within_0_1'),
        ),
    ]
