"""Saying that an import is being worked on while its file is slow to come, or long to read."""

import time
from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone

from ..models import Import
from .batch import ClaimLost

BEAT_SECONDS = 10


class Pulse:
    """Call it as often as you like: every ten seconds it moves the heartbeat of `mine`, one import that is ours.

    Raises ClaimLost when it is ours no more: it was ended, or another process has it.
    """

    def __init__(self, mine: QuerySet[Import]) -> None:
        self._mine = mine
        self._moved = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._moved >= BEAT_SECONDS:
            self._moved = now
            if not self._mine.update(heartbeat_at=timezone.now()):
                raise ClaimLost

    def over(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same chunks, with a beat for each."""
        for chunk in chunks:
            self()
            yield chunk
