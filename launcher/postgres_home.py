"""The folder that holds a cluster: inside the state folder, or elsewhere when its account cannot enter there."""

import hashlib
import os
from pathlib import Path

from launcher.accounts import Account, can_enter
from launcher.errors import LauncherError

# Root's place for programs' data, used when the checkout lies in a closed folder such as /root.
SHARED_STATE = Path("/var/lib/labelstudio_rlhf")


def make_home(state_dir: Path, account: Account | None) -> Path:
    """A folder that the account owns and alone may read."""
    inside = state_dir.resolve() / "postgres"
    if inside.exists() and not os.access(inside, os.W_OK | os.X_OK):
        raise LauncherError(
            f"{inside} belongs to another user (a run as root leaves it so): "
            "run as that user again, or delete the folder to start with an empty database."
        )
    inside.parent.mkdir(parents=True, exist_ok=True)
    if account is None:
        inside.mkdir(exist_ok=True)
        inside.chmod(0o700)
        return inside
    if can_enter(account, inside.parent):
        inside.mkdir(exist_ok=True)
        return _give(inside, account)
    if inside.exists():
        raise LauncherError(
            f"{inside} holds a database, but its account {account.name} can no longer enter {inside.parent}: "
            f"let others pass through the folders above (`chmod o+x`), or delete {inside} to start empty."
        )
    return _give(_make_outside(inside), account)


def _make_outside(inside: Path) -> Path:
    """One folder for each state folder, so that two checkouts do not share a database."""
    tag = hashlib.sha256(str(inside).encode()).hexdigest()[:12]
    outside = SHARED_STATE / tag / "postgres"
    for folder in (SHARED_STATE, outside.parent):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    outside.mkdir(exist_ok=True)
    return outside


def _give(folder: Path, account: Account) -> Path:
    os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder
