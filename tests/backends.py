"""PostgreSQL's side of a connection: it lives on for a while after a client that went, with whatever it held."""

from django.db import connection

from tests.launcher.waiting import until


def backends_of(name: str) -> list[int]:
    """Of a program that was started with this PGAPPNAME, as long as it lives. A transaction is always told the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name])
        found = [pid for (pid,) in cursor.fetchall()]
    assert found, f"{name} has no connection"
    return found


def wait_until_gone(backends: list[int]) -> None:
    """Locks and all."""
    assert backends
    until(lambda: not _living(backends))


def _living(backends: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)", [backends])
        count: int = cursor.fetchone()[0]
        return count
