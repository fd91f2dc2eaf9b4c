"""Where programs keep what nobody will miss."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - only folders with random names are made in it
ENOUGH_BYTES = 4 * 2**30


def scratch_folder() -> str:
    """Memory where there is plenty: a cluster is a thousand small files, made twice as fast there (0.6 s for 1.3 s).

    Containers often give 64 MB of it and forbid running programs from it; then, or with TMPDIR set, the usual place.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return tempfile.gettempdir()
    runs_programs = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    plenty = shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    return str(MEMORY) if runs_programs and plenty else tempfile.gettempdir()


def heartbeat_folder() -> str:
    """For the web server's signs of life, one with every request: on a disk they are a fifth of its own time."""
    return str(MEMORY) if os.access(MEMORY, os.W_OK) else tempfile.gettempdir()
