"""How a process that has nothing left to do ends."""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End this process now, with what it said written out.

    Python's own way takes every module apart first, for nobody: with torch and transformers that is a second of a
    processor, and while it lasts whoever waits for the run to end waits on. Nothing may be left to `atexit`.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a full disk, or nobody who listens
            stream.flush()
    os._exit(code)
