from django.db import migrations


class Migration(migrations.Migration):
    """The function behind every append-only table (architecture rule 5)."""

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '% rows are append-only: % refused', TG_TABLE_NAME, TG_OP
                    USING ERRCODE = 'restrict_violation';
            END $$
            """,
            "DROP FUNCTION refuse_change()",
        )
    ]
