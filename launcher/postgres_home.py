"""The folder that holds a cluster: inside the state folder, or elsewhere when its account cannot enter there."""

import hashlib
import os
from pathlib import Path

from launcher.accounts import Account, can_enter
from launcher.errors import LauncherError

# Root's place for programs' data, used when the checkout lies in a closed folder such as /root.
SHARED_STATE = Path("/var/lib/labelstudio_rlhf")


def make_home(state_dir: Path, account: Account | None, shared_state: Path = SHARED_STATE) -> Path:
    """A folder that the account owns and alone may read."""
    inside = state_dir.resolve() / "postgres"
    if inside.exists() and not os.access(inside, os.W_OK | os.X_OK):
        raise LauncherError(
            f"{inside} belongs to another user (a run as root leaves it so): "
            "run as that user again, or delete the folder to start with an empty database."
        )
    inside.mkdir(parents=True, exist_ok=True)
    if account is None:
        inside.chmod(0o700)
        return inside
    if can_enter(account, inside.parent):
        return _give(inside, account)
    inside.rmdir() if not any(inside.iterdir()) else None
    tag = hashlib.sha256(str(inside).encode()).hexdigest()[:12]
    outside = shared_state / tag / "postgres"
    for folder in (shared_state, outside.parent):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    outside.mkdir(exist_ok=True)
    return _give(outside, account)


def _give(folder: Path, account: Account) -> Path:
    os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder
