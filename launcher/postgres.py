"""A PostgreSQL server of our own: made, started, stopped, and started again after any kind of end.

with PostgresServer(state_dir) as server:
    ... server.url ...

with throwaway_postgres() as url:  # tests: a cluster in a temporary folder
    ...
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from launcher import leftovers, ports, secret_files
from launcher.accounts import run_as, unprivileged_account
from launcher.children import Program, wait_until_ready
from launcher.errors import LauncherError
from launcher.postgres_home import make_home
from launcher.postgres_install import MAJOR, runnable_by
from launcher.scratch import scratch_folder
from launcher.service import Service

USER = DATABASE = "labelstudio_rlhf"
READY_SECONDS = 120.0  # Recovery after a crash replays the write-ahead log.
RETRY_SECONDS = 20.0

# For data that nobody will miss: never for a demo that people resume.
THROWAWAY_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1h",
}

# After kill -9 of the server its sessions need a moment to notice; until then a new server refuses to start.
_STILL_ENDING = re.compile(r"pre-existing shared memory block|lock file \"postmaster.pid\" already exists")
_PORT_TAKEN = re.compile(r"could not bind IPv4 address|could not create any TCP/IP sockets")


class PostgresServer(Service):
    """One cluster in `state_dir`, on 127.0.0.1 only, with a password that is kept beside the data."""

    def __init__(
        self,
        state_dir: Path,
        *,
        port: int = 0,
        settings: Mapping[str, str] | None = None,
        log_dir: Path | None = None,
        run_dir: Path | None = None,
    ) -> None:
        self._account = unprivileged_account()
        self.home = make_home(state_dir, self._account)
        self._data = self.home / "data"
        self._settings = dict(settings or {})
        self._port_is_ours_to_choose = port == 0
        self.port = port or ports.pick_free()
        self._installation = runnable_by(self._account, self.home)
        self._password = self._read_password()
        super().__init__(self._program(), log_dir=log_dir or self.home, run_dir=run_dir or self.home)

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self._password}@{ports.LOOPBACK}:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Return when it answers and the database is there."""
        if not self._data.exists():
            self._make_cluster()
        self._check_version()
        self._clear_stale_lock()
        self._start_patiently()
        self._make_database()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _program(self) -> Program:
        settings = {
            "listen_addresses": ports.LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",  # A socket's path must be short, a checkout's need not be.
            "log_line_prefix": "%m [%p] ",
            **self._settings,
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return Program(
            name="postgres",
            argv=(self._installation.program("postgres"), "-D", str(self._data), *options),
            env=_environment(),
            account=self._account,
            stop_signal=signal.SIGINT,  # "Fast shutdown": ends sessions, keeps everything committed.
            stop_seconds=30.0,
        )

    def _read_password(self) -> str:
        file = self.home / "password"
        if self._data.exists() and not file.exists():
            raise LauncherError(
                f"{file} is gone, so the database beside it cannot be opened: put the file back, "
                f"or delete {self.home} to start with an empty database."
            )
        return secret_files.read_or_make(file)

    def _make_cluster(self) -> None:
        """Made beside its place and moved there, so a cut initdb leaves nothing that looks like a cluster."""
        half_made = self.home / "data.new"
        shutil.rmtree(half_made, ignore_errors=True)
        free = shutil.disk_usage(self.home).free // 2**20
        with self._password_for_initdb() as password_copy:
            result = run_as(self._account, self._initdb(half_made, password_copy), env=_environment())
        if result.returncode != 0:
            raise LauncherError(
                f"PostgreSQL could not make its data folder in {self.home} ({free} MB were free there): "
                "its last lines above say why.",
                details="\n".join(result.stdout.splitlines()[-15:]),
            )
        half_made.replace(self._data)

    def _initdb(self, data: Path, password: Path) -> list[str]:
        argv = [
            self._installation.program("initdb"),
            f"--pgdata={data}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        return [*argv, "--no-sync"] if self._settings.get("fsync") == "off" else argv

    @contextmanager
    def _password_for_initdb(self) -> Iterator[Path]:
        """A copy that the server's account may read; gone again after initdb."""
        file = self.home / "password.initdb"
        file.unlink(missing_ok=True)
        file.touch(0o600)
        file.write_text(self._password + "\n")
        if self._account:
            os.chown(file, self._account.uid, self._account.gid)
        try:
            yield file
        finally:
            file.unlink()

    def _check_version(self) -> None:
        made_by = (self._data / "PG_VERSION").read_text().strip()
        if made_by != MAJOR:
            raise LauncherError(
                f"The database in {self._data} was made by PostgreSQL {made_by} and this is PostgreSQL {MAJOR}: "
                f"move its contents with pg_dump of version {made_by}, or delete {self.home} to start empty."
            )

    def _clear_stale_lock(self) -> None:
        """PostgreSQL trusts the process number in its lock file even when another program has that number now."""
        lock = self._data / "postmaster.pid"
        pid = _lock_owner(lock)
        if pid is None:
            return
        if _serves(pid, self._data):
            leftovers.stop_stranger(pid, self.program.stop_signal, self.program.stop_seconds)
        else:
            lock.unlink(missing_ok=True)

    def _start_patiently(self) -> None:
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            super().start()
            try:
                wait_until_ready(self.child, self._is_ready, seconds=READY_SECONDS)
                return
            except LauncherError as error:
                self.stop()
                if time.monotonic() > deadline or not self._worth_another_try(error.details):
                    raise
                time.sleep(0.1)

    def _worth_another_try(self, output: str) -> bool:
        if _PORT_TAKEN.search(output) and self._port_is_ours_to_choose:
            self.port = ports.pick_free()
            self.program = self._program()
            return True
        return _STILL_ENDING.search(output) is not None

    def _is_ready(self) -> bool:
        """As `pg_ctl --wait` does: the lock file's first line is the process, its eighth the state."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.child.pid) and lines[7].strip() == "ready"

    def _make_database(self) -> None:
        there = self._psql("SELECT datname FROM pg_database").splitlines()
        if DATABASE not in there:
            self._psql(f"CREATE DATABASE {DATABASE}")

    def _psql(self, statement: str) -> str:
        argv = [self._installation.program("psql"), "--no-psqlrc", "-Atq", "-c", statement]
        connection = {
            "PGHOST": ports.LOOPBACK,
            "PGPORT": str(self.port),
            "PGUSER": USER,
            "PGPASSWORD": self._password,
            "PGDATABASE": "postgres",
        }
        result = subprocess.run(argv, env=_environment() | connection, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise LauncherError("The database could not be opened.", details=result.stderr.strip())
        return result.stdout.strip()


@contextmanager
def throwaway_postgres(settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server for tests: the one DATABASE_URL names, else a new one that is deleted at the end."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-postgres-", dir=scratch_folder()) as folder:
        Path(folder).chmod(0o711)  # For root's tests the server runs as another account, which must pass through.
        with PostgresServer(Path(folder), settings={**THROWAWAY_SETTINGS, **(settings or {})}) as server:
            try:
                yield server.url
            finally:
                server.stop()
                shutil.rmtree(server.home, ignore_errors=True)


def _environment() -> dict[str, str]:
    """Nothing of the user's: PGPORT, PGDATA, a foreign locale or library path would lead elsewhere."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _lock_owner(lock: Path) -> int | None:
    try:
        return abs(int(lock.read_text().splitlines()[0]))
    except (OSError, ValueError, IndexError):
        return None


def _serves(pid: int, data: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(data).encode() in words and Path(words[0].decode()).name == "postgres"
