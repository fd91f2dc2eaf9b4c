"""What the launcher tells the person who started it: one calm line a step."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from launcher.errors import LauncherError

WIDTH = 56


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print what is being done at once, and its time when it is done."""
    print(f"  {what} ".ljust(WIDTH, "."), end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print("not done", flush=True)
        raise
    print(f"{time.monotonic() - began:6.1f} s", flush=True)


def complain(error: LauncherError) -> None:
    for line in error.details.splitlines():
        print(f"    | {line}", file=sys.stderr)
    print(f"\n{error}", file=sys.stderr, flush=True)
