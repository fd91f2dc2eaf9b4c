"""The programs of the system, as data: a further worker is one more line in `running_programs`."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from launcher.children import Program
from launcher.ports import LOOPBACK
from launcher.scratch import heartbeat_folder

PROJECT = "labelstudio_rlhf"


@dataclass(frozen=True)
class Surroundings:
    """What every program of the project is given."""

    root: Path
    state: Path
    port: int
    env: Mapping[str, str]
    train: bool = True  # also run what trains and generates


def running_programs(given: Surroundings) -> tuple[Program, ...]:
    """Started in this order, stopped in reverse."""
    return (
        _web_server(given),
        _celery_worker(given, queue="web", concurrency=1),
        *(_long_runs_worker(given, queue=queue) for queue in ("train", "generate") if given.train),
        _celery_beat(given),
    )


def manage(given: Surroundings, command: str, *options: str) -> Program:
    return _python(given, command, str(given.root / "manage.py"), command, *options)


def _web_server(given: Surroundings) -> Program:
    return _python(
        given,
        "web",
        *("-m", "gunicorn", f"{PROJECT}.wsgi:application"),
        f"--bind={LOOPBACK}:{given.port}",
        *("--worker-class=gthread", "--workers=2", "--threads=4"),
        "--graceful-timeout=5",
        f"--worker-tmp-dir={heartbeat_folder()}",
        "--no-control-socket",  # It would lie in the user's home, shared by everything that gunicorn serves.
        f"--access-logfile={given.state / 'log' / 'web-access.log'}",
    )


def _celery_worker(given: Surroundings, *, queue: str, concurrency: int) -> Program:
    name = f"worker-{queue}"
    options = (f"--queues={queue}", f"--hostname={queue}@%h", f"--concurrency={concurrency}", "--loglevel=INFO")
    return _python(given, name, "-m", "celery", f"--app={PROJECT}", "worker", *options)


def _long_runs_worker(given: Surroundings, *, queue: str) -> Program:
    """One run at a time, after the people: they share this machine's processors.

    In a pool of threads the run's supervisor hears that its worker is to stop, and has time to let it save.
    """
    worker = _celery_worker(given, queue=queue, concurrency=1)
    argv = ("nice", "-n", "10", *worker.argv, "--pool=threads")
    return replace(worker, argv=argv, stop_seconds=30.0)


def _celery_beat(given: Surroundings) -> Program:
    schedule = given.state / "beat-schedule"
    return _python(given, "beat", "-m", "celery", f"--app={PROJECT}", "beat", f"--schedule={schedule}", "--pidfile=")


def _python(given: Surroundings, name: str, *words: str) -> Program:
    return Program(
        name=name,
        argv=(sys.executable, *words),
        env=given.env,
        cwd=given.root,
        stop_signal=signal.SIGTERM,
        stop_seconds=10.0,
    )
