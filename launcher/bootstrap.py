"""Finds a Python that is new enough and lets it set up `.venv`; see environment.py for the setting up.

    python3 launcher/bootstrap.py requirements.txt [requirements/test.txt ...]

This one file keeps to what old Pythons understand, because it is the one that tells them that they are too old.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER_NAMES = ("python3.11", "python3.12", "python3.13", "python3.14")


def find_python(own_version: tuple = tuple(sys.version_info[:2])) -> "str | None":  # type: ignore[type-arg]
    """This Python if it is new enough, else the first on PATH that is and runs."""
    if own_version >= OLDEST:
        return sys.executable
    for name in NEWER_NAMES:
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", ""]) == 0:
            return path
    return None


def main() -> None:
    python = find_python()
    if python is None:
        sys.stderr.write(
            f"Python 3.11 or newer is needed and this one is {sys.version.split()[0]}: install one "
            "(Debian 12 and Ubuntu 24.04 have it as python3; elsewhere look for python3.11) and try again.\n"
        )
        sys.exit(1)
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    os.execv(python, [python, "-m", "launcher.environment", *sys.argv[1:]])  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    main()
