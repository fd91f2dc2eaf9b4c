"""The real house around a test: a broker, Celery workers on the three queues, and beat, all on the test's database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from launcher.broker import BrokerServer

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 120


@contextmanager
def running_house(artifacts: Path, log: Path) -> Iterator[dict[str, str]]:
    """Yields the environment that every program of the house was given."""
    with BrokerServer(log.parent / "broker") as broker:
        env = {
            **os.environ,
            "DATABASE_URL": _test_database_url(),
            "REDIS_URL": broker.url,
            "ARTIFACT_ROOT": str(artifacts),
            "DJANGO_SETTINGS_MODULE": "labelstudio_rlhf.settings",
            "PYTHONPATH": str(ROOT),
        }
        with log.open("wb") as output:
            words = [
                "--queues=web,train,generate",
                "--pool=threads",
                "--concurrency=2",
                "--beat",
                f"--schedule={log.parent / 'beat'}",
            ]
            worker = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app=labelstudio_rlhf", "worker", "--loglevel=INFO", *words],
                env=env, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                yield env
            finally:
                worker.terminate()
                worker.wait(STOP_SECONDS)


def manage(env: dict[str, str], *words: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """A management command in a process of its own."""
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)


def _test_database_url() -> str:
    """Where this very test's rows are: pytest renames the database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    return url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
