"""The account that runs PostgreSQL: one's own, or `nobody` for root, because PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """The account to step down to, or None when we are nobody special already."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise LauncherError(
            "PostgreSQL does not run as root and this system has no account `nobody`: "
            "run as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def run_as(
    account: Account | None, argv: Sequence[str], *, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run to the end and give its output; the folder is / because the account may not enter ours."""
    return subprocess.run(
        argv,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def can_enter(account: Account | None, folder: Path) -> bool:
    """Asked as that account, since mode bits alone do not tell of access lists or closed parents."""
    return run_as(account, ["test", "-x", str(folder)]).returncode == 0


def can_run(account: Account | None, binary: Path) -> bool:
    try:
        return run_as(account, [str(binary), "--version"]).returncode == 0
    except PermissionError:
        return False
