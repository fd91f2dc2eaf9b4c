"""The real thing to measure on: PostgreSQL with its usual promises, and the web server that the demo runs."""

import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.children import Child, spawn, wait_until_ready
from launcher.ports import LOOPBACK, pick_free
from launcher.postgres import throwaway_postgres
from launcher.programs import Surroundings, running_programs

ROOT = Path(__file__).resolve().parent.parent
# A throwaway server forgets what it promised when it is killed; measured is one that does not.
DURABLE = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "wal_level": "replica",
    "max_wal_senders": "10", "autovacuum_naptime": "1min",
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    folder: Path
    env: dict[str, str]

    @contextmanager
    def web(self) -> Iterator[str]:
        """The address of the web server, started as the demo starts it."""
        port = pick_free()
        given = Surroundings(root=ROOT, state=self.folder, port=port, env=self.env)
        program = next(program for program in running_programs(given) if program.name == "web")
        (self.folder / "log").mkdir(exist_ok=True)
        child: Child = spawn(program, self.folder / "log" / "web.log")
        try:
            wait_until_ready(child, lambda: _answers(port), seconds=120)
            yield f"http://{LOOPBACK}:{port}"
        finally:
            child.stop()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def stage() -> Iterator[Stage]:
    """A fresh database with the tables, the pages' files, and Django set up in this process."""
    os.environ.pop("DATABASE_URL", None)
    # On a disk: what lies in memory (`launcher.scratch`) keeps no promises, however it is set.
    os.environ.setdefault("TMPDIR", tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-bench-") as folder, throwaway_postgres(DURABLE) as url:
        os.environ.update(
            {
                "DATABASE_URL": url,
                "REDIS_URL": "redis://127.0.0.1:1/0",  # no worker takes part, so nothing listens there
                "SECRET_KEY": "only-for-benchmarks-0123456789-0123456789",
                "DJANGO_SETTINGS_MODULE": "labelstudio_rlhf.settings",
                "STATIC_ROOT": f"{folder}/static",
                "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
                "LOG_LEVEL": "WARNING",
                "PYTHONUNBUFFERED": "1",
            }
        )
        for command in (("migrate", "-v0"), ("collectstatic", "--noinput", "-v0")):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)
        import django

        django.setup()
        yield Stage(Path(folder), dict(os.environ))
