import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0002_frozen'),
        ('prompts', '0002_frozen'),
    ]

    operations = [
        migrations.AddField(
            model_name='prompt',
            name='author',
            field=models.ForeignKey(help_text='The labeler who wrote it (InstructGPT, A.1); null when it was imported.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='prompts', to='projects.membership'),
        ),
    ]
