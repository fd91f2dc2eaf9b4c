"""PostgreSQL's side of a connection: it lives on for a while after a client that went, with whatever it held."""

from django.db import connection

from tests.launcher.waiting import until


def connections_of(name: str) -> int:
    """Of a program that was started with this PGAPPNAME. A transaction is always told the same."""
    return _count("application_name = %s", name)


def wait_until_gone(name: str) -> None:
    """All of that program's, those too that it opened in its last moment; locks and all."""
    until(lambda: not connections_of(name))


def wait_until_ended(backends: list[int]) -> None:
    """Locks and all."""
    assert backends
    until(lambda: not _count("pid = ANY(%s)", backends))


def _count(condition: str, given: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {condition}", [given])
        count: int = cursor.fetchone()[0]
        return count
