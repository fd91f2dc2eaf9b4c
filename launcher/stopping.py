"""Ctrl-C, a closed terminal and a polite kill all mean: stop everything, then leave."""

import signal
from types import FrameType, TracebackType
from typing import Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Raised where the program happens to be. Not an Exception, so that no handler of errors swallows it."""


class StopSignals:
    """The first signal raises StopRequested; once stopping has begun, a further one only makes it impatient."""

    def __init__(self) -> None:
        self._stopping = False
        self._impatient = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._receive) for number in STOP_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def begin_stopping(self) -> None:
        self._stopping = True

    def impatient(self) -> bool:
        return self._impatient

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            self._impatient = True
            return
        self._stopping = True
        raise StopRequested
