"""Python's search for circular garbage, held off while there is none."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_holders = 0


@contextmanager
def uncollected() -> Iterator[None]:
    """An import makes many objects and no circle that it does not open again (`Board.clear`).

    The collector would walk all of them again and again: a third of the time in which lines are read.
    """
    global _holders
    with _lock:
        _holders += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if not _holders:
                gc.enable()
