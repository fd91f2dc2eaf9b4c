"""`make demo`: the whole system on this machine, until Ctrl-C.

    python -m launcher.demo

Everything it keeps lies in `var/`, so a further run goes on where this one stopped.
"""

import http.client
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from launcher import checks, ports, running, secret_files
from launcher.broker import BrokerServer
from launcher.children import Program, describe_exit, spawn, wait_until_ready
from launcher.console import complain, say, step
from launcher.errors import LauncherError
from launcher.lock import only_one
from launcher.postgres import PostgresServer
from launcher.programs import PROJECT, Surroundings, manage, running_programs
from launcher.service import Service
from launcher.stopping import StopRequested, StopSignals
from launcher.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("django", "celery", "gunicorn", "psycopg2", "redis")
ML_PACKAGES = ("torch", "transformers", "accelerate", "peft")
NEEDED_MB = 1024
TRAINING_MB = 512  # besides, for runs: their checkpoints and the models they make
WEB_SECONDS = 60.0

POSTGRES_SETTINGS = {
    "max_wal_size": "256MB",  # The default lets the log grow to 1 GB, much for a demo's disk.
    "max_connections": "60",
}

PASSWORD = "demo-password"  # noqa: S105 - published on purpose
ACCOUNTS = (
    ("manager@demo.local", "adds people, publishes guidelines, imports"),
    ("researcher@demo.local", "imports, takes snapshots, trains, follows a candidate back"),
    ("adjudicator@demo.local", "ranks, and settles disagreements"),
    ("labeler1@demo.local ... labeler5@demo.local", "rank, rate and write"),
    ("candidate@demo.local", "practises, sits the exam, waits for the manager's decision"),
)


@dataclass(frozen=True)
class DemoConfig:
    root: Path
    state: Path
    port: int
    database_url: str | None
    redis_url: str | None
    train: bool = True

    @classmethod
    def read(cls, environ: Mapping[str, str], root: Path = ROOT) -> Self:
        checks.check_host(environ.get("HOST", ""))
        return cls(
            root=root,
            state=root / "var",
            port=checks.parse_port(environ.get("PORT") or "8000"),
            database_url=environ.get("DATABASE_URL") or None,
            redis_url=environ.get("REDIS_URL") or None,
            train=environ.get("TRAIN") != "0",
        )

    @property
    def address(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.port}/"


def main() -> int:
    try:
        run(DemoConfig.read(os.environ))
    except LauncherError as error:
        complain(error)
        return 1
    return 0


def run(config: DemoConfig) -> None:
    """Until a signal stops it, which is its good end; raises LauncherError when something cannot start."""
    _make_state_folders(config.state)
    with (
        only_one(config.state / "demo.lock", about_me=f"process {os.getpid()}, {config.address}"),
        StopSignals() as signals,
        ExitStack() as at_the_end,
    ):
        supervisor = Supervisor(say=say, impatient=signals.impatient)
        at_the_end.callback(_stop, supervisor, signals)
        try:
            given = _start_servers(config, supervisor)
            at_the_end.enter_context(running.published(given.env, config.root / running.FILE))
            _start_programs(config, given, supervisor)
            supervisor.watch()
        except StopRequested:
            pass


def _start_servers(config: DemoConfig, supervisor: Supervisor) -> Surroundings:
    with step("Looking at this machine"):
        _preflight(config)
    database_url = config.database_url or _start_postgres(config, supervisor)
    redis_url = config.redis_url or _start_broker(config, supervisor)
    return Surroundings(
        root=config.root,
        state=config.state,
        port=config.port,
        env=_environment(config, database_url, redis_url),
        train=config.train,
    )


def _start_programs(config: DemoConfig, given: Surroundings, supervisor: Supervisor) -> None:
    _run_step(config, "Bringing the tables up to date", manage(given, "migrate", "--noinput"))
    _run_step(config, "Collecting the pages' files", manage(given, "collectstatic", "--noinput"))
    _run_step(config, "Making the demo project", manage(given, "seed_demo"))
    for program in running_programs(given):
        with step(f"Starting {program.name}"):
            service = Service(program, log_dir=config.state / "log", run_dir=config.state / "run")
            supervisor.start(service)
            if program.name == "web":
                wait_until_ready(service.child, lambda: _is_healthy(config), seconds=WEB_SECONDS)
    _greet(config)


def _preflight(config: DemoConfig) -> None:
    checks.check_python()
    checks.check_packages(PACKAGES + (ML_PACKAGES if config.train else ()))
    checks.check_disk(config.state, NEEDED_MB + (TRAINING_MB if config.train else 0))
    checks.check_port(config.port)


def _start_postgres(config: DemoConfig, supervisor: Supervisor) -> str:
    with step("Starting PostgreSQL"):
        server = PostgresServer(
            config.state,
            port=ports.remembered(config.state / "ports.json", "postgres"),
            settings=POSTGRES_SETTINGS,
            log_dir=config.state / "log",
            run_dir=config.state / "run",
        )
        supervisor.start(server)
    if config.state not in server.home.parents:
        say(f"  (its account cannot enter {config.state}, so the database lies in {server.home})")
    return server.url


def _start_broker(config: DemoConfig, supervisor: Supervisor) -> str:
    with step("Starting the broker"):
        server = BrokerServer(
            config.state,
            port=ports.remembered(config.state / "ports.json", "broker"),
            log_dir=config.state / "log",
            run_dir=config.state / "run",
        )
        supervisor.start(server)
    return server.url


def _run_step(config: DemoConfig, what: str, program: Program) -> None:
    with step(what):
        child = spawn(program, config.state / "log" / f"{program.name}.log")
        try:
            code = child.wait()
        finally:
            child.stop()
        if code != 0:
            raise LauncherError(
                f"`manage.py {program.name}` failed ({describe_exit(code)}): its last lines above say why, "
                f"all of them are in {config.state / 'log' / program.name}.log.",
                details=child.tail(),
            )


def _environment(config: DemoConfig, database_url: str, redis_url: str) -> dict[str, str]:
    secret_key = os.environ.get("SECRET_KEY") or secret_files.read_or_make(config.state / "secret-key")
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secret_key,
        "DEMO": "1",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "ARTIFACT_ROOT": str(config.state / "artifacts"),
        "DJANGO_SETTINGS_MODULE": f"{PROJECT}.settings",
        "PYTHONUNBUFFERED": "1",  # A log that lags hides the last words of a crash.
    }


def _is_healthy(config: DemoConfig) -> bool:
    """Asked directly: urllib would go through a proxy that the environment names."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, config.port, timeout=5.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greet(config: DemoConfig) -> None:
    say(f"\nThe demo runs at {config.address}\n")
    say(f"  Sign in with the password {PASSWORD} as")
    for account, what_for in ACCOUNTS:
        say(f"    {account:<44} {what_for}")
    if not config.train:
        say("\n  TRAIN=0: nothing trains here, and runs that are started wait.")
    say(f"\n  Logs: {config.state / 'log'}\n  Ctrl-C stops it; `make demo` goes on from there.\n")


def _stop(supervisor: Supervisor, signals: StopSignals) -> None:
    signals.begin_stopping()
    say("\nStopping (a second Ctrl-C does it at once) ...")
    supervisor.stop_all()
    say("Everything is stopped.")


def _make_state_folders(state: Path) -> None:
    state.mkdir(exist_ok=True)
    state.chmod(0o755)  # Whatever the umask: the database's account must pass through. Secrets have modes of their own.
    for name in ("log", "run", "artifacts"):
        (state / name).mkdir(mode=0o700, exist_ok=True)  # People's texts are in all of them.


if __name__ == "__main__":
    sys.exit(main())
