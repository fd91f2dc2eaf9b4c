"""Start a program so that it cannot outlive the launcher, and stop it with everything it started."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from launcher.accounts import Account
from launcher.errors import LauncherError

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
LOG_LIMIT_BYTES = 20 * 1024 * 1024
TAIL_BYTES = 32 * 1024

# Loaded before any fork: between fork and exec a child must not look for libraries.
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Program:
    """What to run, as data."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    cwd: Path = Path("/")
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0


def _never() -> bool:
    return False


class Child:
    """A started program. It leads a process group of its own, so Ctrl-C reaches the launcher alone."""

    def __init__(self, program: Program, process: subprocess.Popen[bytes], log: Path, log_start: int) -> None:
        self.program = program
        self.pid = process.pid
        self._process = process
        self._log = log
        self._log_start = log_start

    def exit_code(self) -> int | None:
        """None while it runs. Once it has ended, what it left of its group ends too."""
        ended_before = self._process.returncode is not None
        code = self._process.poll()
        if code is not None and not ended_before:
            self._kill_group()
        return code

    def stop(self, impatient: Callable[[], bool] = _never) -> None:
        """Ask, wait, then kill; `impatient` cuts the wait short."""
        if self.exit_code() is None:
            self._process.send_signal(self.program.stop_signal)
            deadline = time.monotonic() + self.program.stop_seconds
            while self.exit_code() is None and time.monotonic() < deadline and not impatient():
                time.sleep(0.02)
        self.kill()

    def kill(self) -> None:
        if self.exit_code() is None:
            self._kill_group()
            self._process.wait()

    def wait(self) -> int:
        """Until it ends by itself."""
        code = self._process.wait()
        self._kill_group()
        return code

    def tail(self, lines: int = 15) -> str:
        """The last lines it wrote in this run."""
        size = self._log.stat().st_size
        with self._log.open("rb") as log:
            log.seek(max(self._log_start, size - TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _kill_group(self) -> None:
        # PermissionError: the group holds only processes of another account that we cannot and need not reach.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def spawn(program: Program, log: Path) -> Child:
    """Start the program; what it prints goes straight to its log file, so it never waits for us to read."""
    log_start = _open_chapter(log, program)
    account = program.account
    try:
        with log.open("ab") as sink:
            process = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=program.cwd,
                env=program.env,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                start_new_session=True,
                preexec_fn=partial(_tether, program.stop_signal, os.getpid()),
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise LauncherError(f"{program.name} could not be started ({program.argv[0]}): {error}.") from error
    return Child(program, process, log, log_start)


def wait_until_ready(child: Child, ready: Callable[[], bool], *, seconds: float) -> None:
    """Return when `ready()` is true; a child that ends first or takes too long is an error with its last lines."""
    name = child.program.name
    deadline = time.monotonic() + seconds
    while not ready():
        code = child.exit_code()
        if code is not None:
            raise LauncherError(f"{name} ended while it was starting ({describe_exit(code)}).", details=child.tail())
        if time.monotonic() > deadline:
            raise LauncherError(f"{name} was not ready after {seconds:.0f} s.", details=child.tail())
        time.sleep(0.02)


def describe_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"killed by {signal.Signals(-code).name}"


def _tether(death_signal: int, parent: int) -> None:
    """In the child: get `death_signal` when the launcher dies, even if that was by kill -9.

    It runs after the change of account, which would clear the setting.
    """
    _libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # The launcher died before the line above.
        os._exit(1)


def _open_chapter(log: Path, program: Program) -> int:
    """Mark a start in the log and give the place where this run's own lines begin."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as sink:
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        sink.write(f"--- {program.name} started {now}\n".encode())
        return sink.tell()
