"""The Python environment in `.venv`: made once, brought up to date when a requirement file changes.

    python3 launcher/bootstrap.py requirements.txt [requirements/test.txt ...]

Installing is pip's work, with pip's settings (index, find-links, pip.conf).
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from launcher.console import complain, say
from launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parent.parent

# What pip downloads for each file into an empty environment, what an earlier file of this list brings not counted
# twice. Measured for Python 3.11 with `pip download --dest DIR --requirement FILE`, the sizes in DIR added up.
DOWNLOAD_MB: Mapping[str, int] = {
    "requirements.txt": 105,
    "requirements/test.txt": 90,
    "requirements/ml.txt": 2830,
}
# The same where pip's settings (find-links, extra-index-url) offer a build of torch for the CPU alone: the build that it
# takes otherwise brings CUDA's libraries.
CPU_DOWNLOAD_MB: Mapping[str, int] = {"requirements/ml.txt": 295}

_INCLUDE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Environment:
    """A virtual environment and its note of what was installed into it."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def _note(self) -> Path:
        return self.folder / "installed-requirements.json"

    def works(self) -> bool:
        """It has a Python and a pip, and no install was cut off in it."""
        if not self.python.exists() or "installing" in self.installed():
            return False
        check = [str(self.python), "-c", "import pip"]
        return subprocess.run(check, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def installed(self) -> dict[str, str]:
        """Requirement file -> fingerprint of what it said when it was installed."""
        try:
            note = json.loads(self._note.read_text())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def note_installed(self, root: Path, files: Sequence[str]) -> None:
        """These files are in, as they are now, and nothing else is."""
        self.write_note({name: fingerprint(root / name) for name in files})

    def write_note(self, note: Mapping[str, str]) -> None:
        new = self._note.with_suffix(".new")
        new.write_text(json.dumps(note, indent=2))
        new.replace(self._note)


def fingerprint(file: Path, python: str = sys.version.split()[0]) -> str:
    """Changes when the file, a file that it includes, or the Python version changes."""
    digest = hashlib.sha256(python.encode())
    for path in _with_includes(file.resolve(), []):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def outdated(environment: Environment, root: Path, files: Sequence[str]) -> list[str]:
    """The files that are still to be installed; none means there is nothing to do."""
    installed = environment.installed()
    return [name for name in files if installed.get(name) != fingerprint(root / name)]


def prepare(root: Path, folder: Path, files: Sequence[str]) -> bool:
    """Bring the environment up to date; says whether there was anything to do."""
    for name in files:
        if not (root / name).exists():
            raise LauncherError(f"The requirement file {name} does not exist in {root}.")
    with alone(root / files[0]):
        return _prepare(root, Environment(folder), files)


def _prepare(root: Path, environment: Environment, files: Sequence[str]) -> bool:
    usable = environment.works()
    wanted = outdated(environment, root, files) if usable else list(files)
    if usable and not wanted:
        return False
    say(describe_download(wanted))
    if not usable:
        _make(environment)
    _install(environment, root, wanted)
    return True


def describe_download(files: Sequence[str]) -> str:
    names = ", ".join(files)
    if any(name not in DOWNLOAD_MB for name in files):
        return f"Setting up .venv with {names}."
    size = sum(DOWNLOAD_MB[name] for name in files)
    small = sum(CPU_DOWNLOAD_MB.get(name, DOWNLOAD_MB[name]) for name in files)
    without = ""
    if small < size:
        without = (
            f" ({small} MB where pip's settings offer torch's build for the CPU, see docs/operations.md; "
            "`TRAIN=0 make demo` goes without training)"
        )
    return f"Setting up .venv with {names}: about {size} MB to download{without}, less what pip has in its cache."


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Two set-ups at once would pull the environment from under each other's feet: the second one waits."""
    with file.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this checkout is running; waiting for it ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _with_includes(file: Path, seen: list[Path]) -> list[Path]:
    if file in seen:
        return seen
    seen.append(file)
    for name in _INCLUDE.findall(file.read_text()):
        # pip reads an included name relative to the file that includes it.
        included = (file.parent / name).resolve()
        if included.exists():
            _with_includes(included, seen)
    return seen


def _make(environment: Environment) -> None:
    if environment.folder.exists():
        say("The last set-up was cut off or its Python is gone: starting it again.")
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise LauncherError(
            f"Python {version} came without venv: install Debian's package python{version}-venv "
            f"(`apt-get install python{version}-venv`) and try again."
        )
    shutil.rmtree(environment.folder, ignore_errors=True)
    result = subprocess.run(
        [sys.executable, "-m", "venv", str(environment.folder)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise LauncherError(
            f"{environment.folder} could not be made: the lines above say why.",
            details=(result.stdout + result.stderr).strip(),
        )


def _install(environment: Environment, root: Path, files: Sequence[str]) -> None:
    before = {name: value for name, value in environment.installed().items() if name not in files}
    # A pip that is killed can leave a package that looks installed and is not: the mark makes the next run start over.
    environment.write_note({**before, "installing": " ".join(files)})
    requirements = [word for name in files for word in ("-r", name)]
    began = time.monotonic()
    pip = [str(environment.python), "-m", "pip", "install", "--disable-pip-version-check", *requirements]
    code = subprocess.run(pip, cwd=root, check=False).returncode
    if code != 0:
        environment.write_note(before)  # pip ended by itself: what it says it installed, it did.
        raise LauncherError("pip could not install everything: its last lines above say why. Then try again.")
    environment.write_note({**before, **{name: fingerprint(root / name) for name in files}})
    say(f"Set up .venv in {time.monotonic() - began:.0f} s.")


def main(files: Sequence[str]) -> int:
    os.chdir(ROOT)
    try:
        prepare(ROOT, ROOT / ".venv", files)
    except LauncherError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        say("\nStopped; the next run starts the set-up again.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
