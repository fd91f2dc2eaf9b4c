"""The demo's own sequence, with a stand-in for the Django project so that it takes a moment."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import leftovers, ports
from launcher.demo import DemoConfig
from launcher.errors import LauncherError
from launcher.programs import Surroundings, running_programs
from tests.launcher.waiting import until

ROOT = Path(__file__).parents[2]

MANAGE = """
import os, pathlib, sys
if sys.argv[1] == pathlib.Path("fails").read_text():
    sys.exit("the last words of " + sys.argv[1])
needed = ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEMO", "ALLOWED_HOSTS", "ARTIFACT_ROOT"]
with open("journal", "a") as journal:
    print(*sys.argv[1:], *[name for name in needed if not os.environ.get(name)], file=journal)
"""
WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
CELERY = """
import os
from celery import Celery
celery = Celery(broker=os.environ["REDIS_URL"])
"""
DEMO = """
import os, sys
from pathlib import Path
from launcher import demo
config = demo.DemoConfig.read(os.environ, Path(sys.argv[1]))
demo.DemoConfig.read = lambda environ: config
sys.exit(demo.main())
"""


@pytest.fixture
def checkout(state: Path) -> Path:
    package = state / "labelstudio_rlhf"
    package.mkdir()
    (state / "fails").write_text("nothing")
    (state / "manage.py").write_text(MANAGE)
    (package / "__init__.py").write_text(CELERY)
    (package / "wsgi.py").write_text(WSGI)
    return state


def start(checkout: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DEMO, str(checkout)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def port() -> Iterator[int]:
    """The demo listens there many seconds later; until then nobody else is given it."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind((ports.LOOPBACK, 0))
        yield kept.getsockname()[1]


@pytest.fixture
def demo(checkout: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = start(checkout, port)
    yield process
    process.kill()
    process.communicate()


def status(port: int) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def test_it_runs_says_where_and_stops_on_ctrl_c(demo: subprocess.Popen[str], checkout: Path, port: int) -> None:
    run = checkout / "var" / "run"
    until(lambda: demo.poll() is not None or (run / "beat.json").exists(), seconds=300)
    assert status(port) == 200
    secrets = run / "environment.json"
    assert secrets.stat().st_mode & 0o777 == 0o600
    children = {file.stem: json.loads(file.read_text())["pid"] for file in run.glob("*.json") if file != secrets}
    assert set(children) == {"postgres", "broker", "web", "worker-web", "worker-train", "worker-generate", "beat"}

    second = start(checkout, port)
    assert "already running" in second.communicate(timeout=300)[0]
    assert second.returncode == 1

    demo.send_signal(signal.SIGINT)
    output = demo.communicate(timeout=300)[0]
    assert demo.returncode == 0, output
    assert f"The demo runs at http://127.0.0.1:{port}/" in output
    assert "manager@demo.local" in output
    assert "Everything is stopped." in output
    assert not any(leftovers.started_at(pid) for pid in children.values())
    assert not secrets.exists()
    assert (checkout / "journal").read_text().splitlines() == [
        "migrate --noinput",
        "collectstatic --noinput",
        "seed_demo",
    ]


def test_a_failed_migrate_shows_its_last_words_and_stops_everything(checkout: Path, port: int) -> None:
    (checkout / "fails").write_text("migrate")
    demo = start(checkout, port)
    output = demo.communicate(timeout=300)[0]
    assert demo.returncode == 1
    assert "| the last words of migrate" in output
    assert "`manage.py migrate` failed (exit code 1)" in output
    assert list((checkout / "var" / "run").iterdir()) == []


def test_servers_that_are_named_are_used(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://broker/0", "PORT": "8123"}
    config = DemoConfig.read(given, tmp_path)
    assert (config.database_url, config.redis_url) == ("postgresql://db/x", "redis://broker/0")
    assert config.address == "http://127.0.0.1:8123/"


def test_empty_settings_count_as_unset(tmp_path: Path) -> None:
    config = DemoConfig.read({"DATABASE_URL": "", "REDIS_URL": "", "PORT": "", "HOST": ""}, tmp_path)
    assert (config.database_url, config.redis_url, config.port) == (None, None, 8000)


def test_training_may_be_left_out(tmp_path: Path) -> None:
    assert DemoConfig.read({}, tmp_path).train
    assert not DemoConfig.read({"TRAIN": "0"}, tmp_path).train
    given = Surroundings(root=tmp_path, state=tmp_path, port=1, env={}, train=False)
    assert [program.name for program in running_programs(given)] == ["web", "worker-web", "beat"]


def test_what_trains_gives_way_and_may_save(tmp_path: Path) -> None:
    programs = {one.name: one for one in running_programs(Surroundings(tmp_path, tmp_path, 1, {}))}
    for queue in ("train", "generate"):
        worker = programs[f"worker-{queue}"]
        assert {f"--queues={queue}", "--pool=threads", "--concurrency=1"} <= set(worker.argv)
        assert worker.argv[0] == "nice"
        assert worker.stop_seconds > 20  # the program's time from SIGTERM to SIGKILL


def test_an_open_address_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(LauncherError, match=r"HOST=0\.0\.0\.0 is refused"):
        DemoConfig.read({"HOST": "0.0.0.0"}, tmp_path)
