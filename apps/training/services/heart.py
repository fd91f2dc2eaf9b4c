"""Heartbeats from a thread, for work that has no pauses: hashing and storing a large model takes minutes."""

import logging
import threading
from types import TracebackType
from typing import Self

from django.db import connection

from .claim import Claim, ClaimLost, DatabaseAway
from .progress import claim_progress

logger = logging.getLogger(__name__)


class Heart:
    """While the block runs, the claim is kept alive every `every` seconds. Losing it is found out by who writes next."""

    def __init__(self, claim: Claim, every: float) -> None:
        self._claim, self._every = claim, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heart of {claim.uid}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(self._every):
                try:
                    claim_progress(self._claim)
                except DatabaseAway as error:
                    logger.warning("run %s: no heartbeat, the database is away: %s", self._claim.uid, error)
        except ClaimLost:
            return
        finally:
            connection.close()
