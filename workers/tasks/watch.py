"""Watching a program: its numbers and its log into the row, a request to cancel or to stop out to it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from apps.training.domain.metrics import StepMetrics
from apps.training.services.claim import Claim, ClaimLost, DatabaseAway
from apps.training.services.progress import claim_progress
from apps.training.services.workspace import Workspace

from .child import Child
from .tail import MetricsTail, log_tail

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `away` is as long as the reaper waits: a worker that could not speak for so long has lost its claim."""

    look: float = 1.0  # between looks at the program
    beat: float = 5.0  # between heartbeats while it is silent
    patience: float = 20.0  # from SIGTERM to SIGKILL
    away: float = 60.0


class Asked(Enum):
    """Why we asked the program to end, if we did."""

    NOTHING = "nothing"
    CANCEL = "cancel"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Ending:
    code: int
    asked: Asked


@dataclass(kw_only=True)
class Watch:
    """One program being watched. `stopping` says whether this worker is shutting down."""

    claim: Claim
    place: Workspace
    child: Child
    pace: Pace
    stopping: Callable[[], bool]
    asked: Asked = Asked.NOTHING
    _asked_at: float = 0.0
    _heard_at: float = field(default_factory=time.monotonic)
    _steps: list[StepMetrics] = field(default_factory=list)

    def until_it_ends(self) -> Ending:
        """Raises ClaimLost where the run is another's, or where the database was away for too long to know."""
        tail = MetricsTail(self.place.metrics)
        while True:
            code = self.child.wait(self.pace.look)
            self._steps += tail.read()
            heard = True
            if code is not None or self._steps or time.monotonic() - self._heard_at >= self.pace.beat:
                heard = self._report(tail)
            if code is None:
                self._press()
            elif heard:
                return Ending(code, self.asked)
            else:  # its last numbers are told once the database is back
                time.sleep(self.pace.look)

    def _report(self, tail: MetricsTail) -> bool:
        """False where the database was away."""
        notice = f"Lines of metrics.jsonl that could not be read: {tail.unreadable}. The last: {tail.problem}."
        try:
            cancel = claim_progress(
                self.claim, steps=self._steps, log_tail=log_tail(self.place.log),
                notice=notice if tail.unreadable else None,
            )  # fmt: skip
        except DatabaseAway as error:
            silent = time.monotonic() - self._heard_at
            logger.warning("run %s: the database has been away for %.0f s: %s", self.claim.uid, silent, error)
            if silent >= self.pace.away:
                raise ClaimLost(f"{self.claim.uid}: not heard for {silent:.0f} s") from error
            return False
        self._heard_at = time.monotonic()
        self._steps = []
        if cancel:
            self._ask(Asked.CANCEL)
        return True

    def _press(self) -> None:
        if self.asked is Asked.NOTHING and self.stopping():
            self._ask(Asked.STOP)
        if self.asked is not Asked.NOTHING and time.monotonic() - self._asked_at >= self.pace.patience:
            self.child.kill()

    def _ask(self, why: Asked) -> None:
        if self.asked is Asked.NOTHING:
            self._asked_at = time.monotonic()
            self.child.stop()
        if self.asked is not Asked.CANCEL:  # a wish to cancel outlives the worker
            self.asked = why
