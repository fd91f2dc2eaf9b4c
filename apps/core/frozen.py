"""Append-only rows: PostgreSQL itself refuses to change what left the building.

Helpers for migrations. The function behind the triggers is made by `core.0001_frozen_rows`.
"""

from django.db import migrations


def freeze_rows(table: str, *, when: str | None = None) -> migrations.RunSQL:
    """No UPDATE or DELETE of any row of `table`, or of those for which `when` (over OLD) holds."""
    condition = f"WHEN ({when}) " if when else ""
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW {condition}EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_frozen ON {table}",
    )


def freeze_columns(table: str, *columns: str) -> migrations.RunSQL:
    """`columns` of `table` never change after the insert; the row may still be deleted.

    An update that sets none of them does not ask: PostgreSQL parses a trigger's condition anew in each statement.
    """
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    return migrations.RunSQL(
        f"CREATE OR REPLACE TRIGGER {table}_frozen_columns BEFORE UPDATE OF {', '.join(columns)} ON {table} "
        f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_frozen_columns ON {table}",
    )
