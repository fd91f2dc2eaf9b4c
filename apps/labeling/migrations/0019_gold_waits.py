from importlib import import_module

from django.db import migrations

# Two transactions do not see what the other has not committed. So whoever makes gold waits for those who make work in that
# project, and they for it; work does not wait for work. The lock is of the project, one a statement: a lock of every
# prompt would cost each line of an import. Who waits looks afterwards: each query of these functions sees what is there
# then. A silent retest is left out: it goes to those who judged its original, and they get no gold of its prompt.
_KEY = "hashtext('labeling.beside_gold')"
ADDED = f"""
CREATE OR REPLACE FUNCTION labeling_task_beside_gold_added() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
    home record;
    homes bigint[] := '{{}}';
BEGIN
    FOR home IN
        SELECT project_id AS id, bool_or(purpose = 'gold') AS gold,
               bool_or(purpose = 'production' AND repeats_id IS NULL) AS work
        FROM added WHERE state = 'open' GROUP BY project_id ORDER BY project_id
    LOOP
        IF home.gold THEN
            PERFORM pg_advisory_xact_lock({_KEY}, (home.id % 2147483648)::integer);
        ELSIF home.work THEN
            PERFORM pg_advisory_xact_lock_shared({_KEY}, (home.id % 2147483648)::integer);
        END IF;
        homes := homes || home.id;
    END LOOP;
    IF EXISTS (SELECT FROM labeling_task gold WHERE gold.purpose = 'gold' AND gold.state = 'open'
               AND gold.project_id = ANY (homes)) THEN
        UPDATE labeling_task SET state = 'closed' WHERE id IN (
            SELECT added.id FROM added
            JOIN labeling_task gold ON gold.prompt_id = added.prompt_id AND gold.kind = added.kind
                AND gold.purpose = 'gold' AND gold.state = 'open'
            WHERE added.purpose = 'production' AND added.state = 'open'
            UNION ALL
            SELECT work.id FROM added
            JOIN labeling_task work ON work.prompt_id = added.prompt_id AND work.kind = added.kind
                AND work.purpose = 'production' AND work.state = 'open'
            WHERE added.purpose = 'gold' AND added.state = 'open');
    END IF;
    RETURN NULL;
END $$;
"""
OPENED = f"""
CREATE OR REPLACE FUNCTION labeling_task_beside_gold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared({_KEY}, (NEW.project_id % 2147483648)::integer);
    IF EXISTS (SELECT FROM labeling_task gold WHERE gold.prompt_id = NEW.prompt_id AND gold.kind = NEW.kind
               AND gold.purpose = 'gold' AND gold.state = 'open') THEN
        NEW.state := 'closed';
    END IF;
    RETURN NEW;
END $$;
"""
_before = import_module("apps.labeling.migrations.0018_beside_gold")


def _as_before(sql: str) -> str:
    """The function that `sql` made together with its trigger, which stays."""
    return sql.partition("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    """Gold and a task of its prompt, made in the same moment, are not both given out."""

    dependencies = [("labeling", "0018_beside_gold")]
    operations = [
        migrations.RunSQL(ADDED, _as_before(_before.ADDED)),
        migrations.RunSQL(OPENED, _as_before(_before.OPENED)),
    ]
