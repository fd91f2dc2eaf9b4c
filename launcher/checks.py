"""What is looked at before anything is started. Each check passes silently or says what to do."""

import shutil
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from launcher import ports
from launcher.errors import LauncherError

OLDEST_PYTHON = (3, 11)


def check_python(version: tuple[int, int] = (sys.version_info[0], sys.version_info[1])) -> None:
    if version < OLDEST_PYTHON:
        raise LauncherError(
            f"This is Python {version[0]}.{version[1]} and {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is needed: "
            "install it and run `make demo` again."
        )


def check_packages(modules: Iterable[str]) -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise LauncherError(
            f"{', '.join(missing)} cannot be imported by {sys.executable}: "
            "run `make demo`, or `pip install -r requirements.txt` in this environment."
        )


def check_disk(folder: Path, needed_mb: int) -> None:
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free_mb = shutil.disk_usage(place).free // 2**20
    if free_mb < needed_mb:
        raise LauncherError(
            f"{folder} needs {needed_mb} MB of free space for the database, the logs and the artifacts, "
            f"and its disk has {free_mb} MB: free some space and run `make demo` again."
        )


def check_host(host: str) -> None:
    if host not in ("", "localhost", ports.LOOPBACK):
        raise LauncherError(
            f"HOST={host} is refused: the demo's accounts have a password that everyone knows, "
            f"so it listens on {ports.LOOPBACK} only. Run it without HOST."
        )


def check_port(port: int) -> None:
    if ports.is_free(port):
        return
    other = ports.next_free(port)
    hint = f"`PORT={other} make demo`" if other else "`PORT=... make demo` with a free port"
    raise LauncherError(f"Port {port} is taken by another program: stop that program, or run {hint}.")


def parse_port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise LauncherError(f"PORT={text} is not a port: give a number from 1 to 65535, for example `PORT=8001 make demo`.")
