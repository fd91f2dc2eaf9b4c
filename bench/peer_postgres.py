"""A PostgreSQL of the system's own for Label Studio, which asks for the extension pg_trgm: the bundled one has none."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from launcher.accounts import run_as, unprivileged_account
from launcher.children import Program, spawn, wait_until_ready
from launcher.ports import LOOPBACK, pick_free
from launcher.postgres_home import make_home

SYSTEM = Path("/usr/lib/postgresql")  # where Debian and its children keep each version
USER = "peer"


@dataclass(frozen=True)
class Server:
    """A server that trusts whoever asks on this machine, with a database named as its user."""

    port: int
    pid: int
    version: str


@contextmanager
def system_postgres(folder: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    """A fresh cluster in `folder`. Raises RuntimeError where no PostgreSQL is installed."""
    account, port = unprivileged_account(), pick_free()
    home, programs = make_home(folder, account), _newest()
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    made = run_as(
        account, [str(programs / "initdb"), f"--pgdata={home / 'data'}", f"--username={USER}", "--auth=trust",
                  "--encoding=UTF8", "--locale=C.UTF-8"], env=env,
    )  # fmt: skip
    if made.returncode:
        raise RuntimeError(made.stdout)
    options = {"listen_addresses": LOOPBACK, "port": str(port), "unix_socket_directories": "", **settings}
    words = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
    program = Program(
        name="peer-postgres", argv=(str(programs / "postgres"), "-D", str(home / "data"), *words), env=env, account=account,
        stop_signal=signal.SIGINT, stop_seconds=30.0,
    )  # fmt: skip
    child = spawn(program, home / "postgres.log")
    try:
        wait_until_ready(child, lambda: _made(port), seconds=60)
        yield Server(port, child.pid, programs.parent.name)
    finally:
        child.stop()


def _newest() -> Path:
    """The programs of the newest version that is installed with pg_trgm."""
    for version in sorted(SYSTEM.glob("[0-9]*"), key=lambda path: int(path.name), reverse=True):
        if (version / "lib" / "pg_trgm.so").exists():
            return version / "bin"
    raise RuntimeError(f"Label Studio needs a PostgreSQL with pg_trgm, and there is none in {SYSTEM}: install it.")


def _made(port: int) -> bool:
    """The server answers, and has the database."""
    try:
        connection = psycopg2.connect(host=LOOPBACK, port=port, user=USER, dbname="postgres")
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {USER}")
    connection.close()
    return True
