"""Work that lasts minutes, done by one worker at a time without holding a row or a transaction meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

_KEY = "hashtextextended(%s || ' ' || %s, 0)"


@contextmanager
def alone(work: str, uid: Any) -> Iterator[bool]:
    """Whether nobody else does this `work` on it. The lock is this connection's, so a killed worker leaves nothing behind.

    An open transaction would keep dead rows of every table, and a locked row whoever wants to cancel.
    """
    named = [work, str(uid)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_KEY})", named)
        (mine,) = cursor.fetchone()
    try:
        yield bool(mine)
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({_KEY})", named)
