"""Is everything that must run running? Asked of the thing itself, with a short patience."""

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any

from celery import current_app
from django.core.signals import setting_changed
from django.db import DatabaseError, connection
from kombu import Connection
from kombu.exceptions import ChannelError, OperationalError  # type: ignore[attr-defined]

# Every queue of the system, and what its workers do. Beat only rings these.
QUEUES = {"web": "imports, snapshots, expired leases", "train": "training runs", "generate": "generation runs"}
# An installation that collects judgments and trains elsewhere is whole without the others: they are warned of, no more.
NEEDED = frozenset({"web"})
# A run's supervisor hears of its worker's end only in a pool of threads, and one run at a time is what a machine bears.
_OPTIONS = {"train": " --pool=threads --concurrency=1", "generate": " --pool=threads --concurrency=1"}
PATIENCE_SECONDS = 1.0
REMEMBER_SECONDS = 3
_asking = Lock()


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """`waiting` messages, and the names of the workers that take from this queue."""

    name: str
    purpose: str
    waiting: int
    workers: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        """What starts a worker for it."""
        return f"celery -A labelstudio_rlhf worker -Q {self.name}{_OPTIONS.get(self.name, '')}"


@dataclass(frozen=True, slots=True)
class Health:
    """`broker` is a sentence of what is wrong with it, or empty."""

    database: bool
    broker: str
    queues: list[QueueHealth]

    @property
    def workers(self) -> int:
        return len({worker for queue in self.queues for worker in queue.workers})

    @property
    def is_ready(self) -> bool:
        return self.database and not self.broker and not NEEDED & {queue.name for queue in self.unattended}

    @property
    def unattended(self) -> list[QueueHealth]:
        """Queues that no worker takes from: what lies there would wait for ever."""
        return [queue for queue in self.queues if not queue.workers]


def check_health() -> Health:
    database = _database_answers()
    try:
        return Health(database, "", _queues())
    except (OperationalError, OSError) as error:
        return Health(database, f"The broker does not answer: {error}", [])


def recent_health() -> Health:
    """`check_health`, at most once in three seconds: everybody may ask, and each answer calls every worker."""
    with _asking:
        return _health_in(int(time.monotonic() // REMEMBER_SECONDS))


@lru_cache(maxsize=1)
def _health_in(window: int) -> Health:
    return check_health()


def forget_health(**changed: Any) -> None:
    """What was true under other settings is not remembered; tests change some each time."""
    _health_in.cache_clear()


setting_changed.connect(forget_health)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _queues() -> list[QueueHealth]:
    waiting = queue_lengths(QUEUES)
    attended = current_app.control.inspect(timeout=PATIENCE_SECONDS).active_queues() or {}
    takers: dict[str, list[str]] = {name: [] for name in QUEUES}
    for worker, queues in sorted(attended.items()):
        for queue in queues:
            takers.setdefault(queue["name"], []).append(worker)
    return [QueueHealth(name, purpose, waiting[name], takers[name]) for name, purpose in QUEUES.items()]


def queue_lengths(queues: Iterable[str]) -> dict[str, int]:
    """Messages that lie in each, taken by no worker. Raises OperationalError or OSError where no broker answers."""
    with current_app.connection_for_read() as broker:
        broker.ensure_connection(max_retries=2, timeout=3)
        return {name: _length(broker, name) for name in queues}


def _length(broker: Connection, queue: str) -> int:
    try:
        with closing(broker.channel()) as channel:
            return int(channel.queue_declare(queue=queue, passive=True).message_count)  # type: ignore[attr-defined]
    except ChannelError:  # nobody has used this queue yet
        return 0
