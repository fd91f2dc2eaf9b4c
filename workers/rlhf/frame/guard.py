"""What an ML program holds while it works: its output folder, for itself; and an ear for being told to stop."""

import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

PATIENCE = 60.0  # seconds: as long as a supervisor may take to notice that it lost its claim
SUPERVISED = "RLHF_SUPERVISED"


class OutputBusy(Exception):
    """Another process works in the output folder."""


@contextmanager
def output_lock(output: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Exclusive use of `output` for as long as this process lives. Raises OutputBusy after `patience` seconds."""
    output.mkdir(parents=True, exist_ok=True)
    give_up = time.monotonic() + patience
    with (output / ".lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= give_up:
                    raise OutputBusy(
                        f"output: another process has been working in {output} for {patience:g} seconds."
                    ) from error
                time.sleep(0.1)
        yield


class Stop:
    """Whether a stop was asked for.

    No threading.Event: its `set` takes a lock, and a second signal that comes meanwhile would wait for the handler that
    it interrupted, for ever. A run of several processes hears two at once: the session's and its launcher's.
    """

    def __init__(self) -> None:
        self._asked = False

    def set(self) -> None:
        self._asked = True

    def is_set(self) -> bool:
        return self._asked


@dataclass(frozen=True, slots=True)
class Ear:
    """How a measurement hears of a stop in its midst; whoever goes on begins it again.

    `asked` says whether this process was asked. `heed` raises Interrupted where any of the run's processes was: it is for
    all of them at once.
    """

    asked: Callable[[], bool] = lambda: False
    heed: Callable[[], None] = lambda: None


DEAF = Ear()
STOPS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_signals(*, last: bool = False) -> Iterator[Stop]:
    """A stop that SIGTERM and SIGINT ask for, so that work stops at a step's end and not within it.

    With `last` the process has nothing to do after the block but to end: a stop that comes then, be it a launcher's second
    one, finds its exit code decided and does not make a death by signal of it.
    """
    stop = Stop()

    def hear(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, hear) for number in STOPS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if last else handler)


def end_with_supervisor() -> None:
    """Under a supervisor: when its end of our stdin closes, it is gone, and we stop as if it had said so."""
    if os.environ.get(SUPERVISED) == "1":
        threading.Thread(target=_wait_for_end_of_stdin, name="supervisor-watch", daemon=True).start()


def _wait_for_end_of_stdin() -> None:
    # The raw descriptor: a daemon thread that holds the buffered reader's lock would break the interpreter's exit.
    descriptor = sys.stdin.fileno()
    while os.read(descriptor, 4_096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
