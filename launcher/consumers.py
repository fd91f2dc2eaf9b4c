"""The environment of the programs that read our files: TRL, datasets, Argilla, Label Studio's converter.

    python -m launcher.consumers

It lies in `.venv/consumers` and sees what `.venv` has, so that torch is there once; what it installs itself comes first.
`requirements/consumers.txt` is complete, so pip has nothing to resolve.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from launcher.console import complain, say
from launcher.environment import ROOT, Environment, alone, outdated
from launcher.errors import LauncherError

FILE = "requirements/consumers.txt"
HOW_TO_GET_IT = "The environment of tests/consumers is not set up: `.venv/bin/python -m launcher.consumers` makes it."


def consumers_environment(root: Path = ROOT) -> Environment:
    return Environment(root / ".venv" / "consumers")


def is_ready(root: Path = ROOT) -> bool:
    """Made of what the file says now, and no install was cut off in it."""
    environment = consumers_environment(root)
    ready = environment.python.exists() and "installing" not in environment.installed()
    return ready and not outdated(environment, root, [FILE])


def prepare_consumers(root: Path = ROOT) -> bool:
    """Bring it up to date; says whether there was anything to do."""
    with alone(root / FILE):
        if is_ready(root):
            return False
        say(f"Setting up .venv/consumers with {FILE}: about 35 MB to download, less what pip has in its cache.")
        began = time.monotonic()
        _make(consumers_environment(root), root)
        say(f"Set up .venv/consumers in {time.monotonic() - began:.0f} s.")
    return True


def _make(environment: Environment, root: Path) -> None:
    """From nothing: what an earlier version of the file brought does not stay."""
    shutil.rmtree(environment.folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", "--without-pip", str(environment.folder)])
    environment.write_note({"installing": FILE})
    _share(environment)
    # Nothing is compiled ahead: most of it is never imported.
    install = ["install", "--disable-pip-version-check", "--quiet", "--no-deps", "--no-compile", "-r", str(root / FILE)]
    _run([sys.executable, "-m", "pip", "--python", str(environment.python), *install])
    environment.note_installed(root, [FILE])


def _share(environment: Environment) -> None:
    """What this Python has installed is importable from there, after what is installed there."""
    (own,) = environment.folder.glob("lib/python*/site-packages")
    shared = [path for path in sys.path if path.endswith("site-packages")]
    (own / "shared.pth").write_text("".join(f"{path}\n" for path in shared))


def _run(argv: list[str]) -> None:
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise LauncherError(
            ".venv/consumers could not be set up: the lines above say why. Then try again; "
            "CONSUMERS=0 leaves out the tests that need it.",
            details=(result.stdout + result.stderr).strip(),
        )


def main() -> int:
    try:
        prepare_consumers()
    except LauncherError as error:
        complain(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
