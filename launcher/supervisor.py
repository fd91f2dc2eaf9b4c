"""Keep services running: start them in order, restart one that crashed, stop all in reverse order."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from launcher.children import describe_exit
from launcher.errors import LauncherError


class Supervised(Protocol):
    @property
    def name(self) -> str: ...
    def start(self) -> None: ...
    def exit_code(self) -> int | None: ...
    def stop(self, impatient: Callable[[], bool] = ...) -> None: ...


@dataclass(frozen=True)
class Backoff:
    """Wait longer after each crash in a row; a service that ran for `calm_after` seconds starts afresh."""

    first: float = 1.0
    longest: float = 30.0
    calm_after: float = 60.0

    def delay(self, crashes_in_a_row: int) -> float:
        doublings = min(crashes_in_a_row - 1, 16)
        return min(self.longest, self.first * 2.0**doublings)


@dataclass
class _Watched:
    service: Supervised
    started: float
    crashes: int = 0
    restart_at: float | None = None  # None while it runs.


class Supervisor:
    """Use it as a context manager: whatever happens inside, no service is left running."""

    def __init__(
        self,
        *,
        say: Callable[[str], None],
        impatient: Callable[[], bool] = lambda: False,
        backoff: Backoff | None = None,
    ) -> None:
        self._say = say
        self._impatient = impatient
        self._backoff = backoff or Backoff()
        self._watched: list[_Watched] = []

    def start(self, service: Supervised) -> None:
        # Noted first: a start that fails halfway may leave a process to stop.
        self._watched.append(_Watched(service, started=time.monotonic()))
        service.start()

    def watch(self, *, every: float = 0.25) -> None:
        """For ever, until a signal's exception ends it."""
        while True:
            self.look_once()
            time.sleep(every)

    def look_once(self) -> None:
        for watched in self._watched:
            if watched.restart_at is None:
                self._notice_crash(watched)
            elif time.monotonic() >= watched.restart_at:
                self._restart(watched)

    def stop_all(self) -> None:
        while self._watched:
            self._watched[-1].service.stop(self._impatient)
            self._watched.pop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def _notice_crash(self, watched: _Watched) -> None:
        code = watched.service.exit_code()
        if code is not None:
            self._plan_restart(watched, f"ended unexpectedly ({describe_exit(code)})")

    def _plan_restart(self, watched: _Watched, what_happened: str) -> None:
        if time.monotonic() - watched.started > self._backoff.calm_after:
            watched.crashes = 0
        watched.crashes += 1
        delay = self._backoff.delay(watched.crashes)
        watched.restart_at = time.monotonic() + delay
        self._say(
            f"{watched.service.name} {what_happened}; it starts again in {delay:g} s. See {watched.service.name}.log."
        )

    def _restart(self, watched: _Watched) -> None:
        watched.started = time.monotonic()
        try:
            watched.service.start()
        except LauncherError as error:
            self._plan_restart(watched, f"did not start ({error})")
            return
        watched.restart_at = None
        self._say(f"{watched.service.name} is running again.")
