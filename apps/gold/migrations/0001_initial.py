import apps.core.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from apps.core.frozen import freeze_columns, freeze_rows

OF_GOLD = """
CREATE FUNCTION gold_item_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM labeling_task WHERE id = NEW.task_id AND purpose = 'gold' AND required IS NULL) THEN
        RAISE EXCEPTION 'a key belongs to a gold task without a limit'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'gold_item_of_gold_task';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gold_item_task BEFORE INSERT ON gold_golditem FOR EACH ROW EXECUTE FUNCTION gold_item_task();
"""
UNDO_OF_GOLD = "DROP TRIGGER gold_item_task ON gold_golditem; DROP FUNCTION gold_item_task();"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('labeling', '0013_checks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='GoldItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=apps.core.ids.ordered_uid, editable=False, unique=True)),
                ('pairs', models.JSONField(help_text='[better, worse, may tie], positions of candidates, with all that follows.')),
                ('may_miss', models.PositiveSmallIntegerField(default=0, help_text='So many pairs may be tied or reversed.')),
                ('explanation', models.TextField(help_text='Why this is the answer. Nobody who labels sees it.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('retired_at', models.DateTimeField(editable=False, null=True)),
                ('retired_as', models.CharField(blank=True, choices=[('wrong', 'The key is wrong: its answers count for nobody'), ('worn', 'It has served: its answers still count')], max_length=5)),
                ('retired_because', models.CharField(blank=True, max_length=500)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='gold_item', to='labeling.task')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('retired_as', ''), ('retired_at', None)), models.Q(('retired_as__in', ['wrong', 'worn']), ('retired_at__isnull', False)), _connector='OR'), name='gold_retired_as_something')],
            },
        ),
        migrations.RunSQL(OF_GOLD, UNDO_OF_GOLD),
        freeze_columns("gold_golditem", "uid", "task_id", "pairs", "may_miss", "explanation", "made_by_id", "created_at"),
        freeze_rows("gold_golditem", when="OLD.retired_at IS NOT NULL"),
    ]
