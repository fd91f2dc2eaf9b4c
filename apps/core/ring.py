"""Ringing a worker: the message is a doorbell, the row is the truth.

A ring that cannot be sent is only logged: beat rings again for every row that still waits.
"""

import logging
from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from .health import queue_lengths

logger = logging.getLogger(__name__)
# Beat rings again for a row that still waits, so an old ring need not lie in the queue for ever.
EXPIRES_SECONDS = 300


def ring_on_commit(task_name: str, uid: Any) -> None:
    """Ring `task_name` with one uid once the transaction in hand is committed."""
    transaction.on_commit(lambda: ring(task_name, uid))


def ring(task_name: str, uid: Any) -> None:
    try:
        current_app.send_task(task_name, args=[str(uid)], expires=EXPIRES_SECONDS)
    except OperationalError as error:
        logger.warning("The broker did not take the ring for %s %s: %s", task_name, uid, error)


def ring_again(task_name: str, uids: Sequence[Any]) -> None:
    """Ring for rows that still wait, unless as many rings lie in their queue already.

    A broker keeps a ring, expired or not, until a worker takes it: without a worker they would pile up. What lies there
    may be for other rows, but once a worker has taken it there are fewer, and the next call rings for all.
    """
    if not uids:
        return
    queue = current_app.amqp.router.route({}, task_name)["queue"].name  # type: ignore[attr-defined]
    try:
        lying = queue_lengths([queue])[queue]
    except (OperationalError, OSError) as error:
        logger.warning("The broker did not say how many rings lie in %s: %s", queue, error)
        return
    if lying < len(uids):
        for uid in uids:
            ring(task_name, uid)
