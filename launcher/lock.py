"""One demo at a time in one state folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.errors import LauncherError


@contextmanager
def only_one(file: Path, *, about_me: str) -> Iterator[None]:
    """The kernel drops the lock when we end in whatever way, and children do not inherit it."""
    with file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise LauncherError(
                f"The demo is already running ({handle.read().strip()}): use that one, or stop it with Ctrl-C first."
            ) from None
        handle.truncate(0)
        handle.write(about_me)
        handle.flush()
        yield
