import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher import leftovers
from launcher.children import Program, spawn, wait_until_ready
from launcher.errors import LauncherError
from launcher.service import Service
from launcher.stopping import StopRequested, StopSignals
from launcher.supervisor import Backoff, Supervisor
from tests.launcher.waiting import until

ROOT = Path(__file__).parents[2]
QUICK = Backoff(first=0.0, longest=0.0)


def a_service(folder: Path, name: str, script: str, stop_seconds: float = 5.0) -> Service:
    program = Program(name, ("sh", "-c", script), stop_seconds=stop_seconds)
    return Service(program, log_dir=folder, run_dir=folder)


def alive(pid: int) -> bool:
    return leftovers.started_at(pid) is not None


class FakeService:
    """Notes what is done to it."""

    def __init__(self, name: str, journal: list[str]) -> None:
        self.name = name
        self.journal = journal
        self.code: int | None = None
        self.fails: str | None = None

    def start(self) -> None:
        self.journal.append(f"start {self.name}")
        if self.fails:
            raise LauncherError(self.fails)
        self.code = None

    def exit_code(self) -> int | None:
        return self.code

    def stop(self, impatient: Callable[[], bool] = lambda: False) -> None:
        self.journal.append(f"stop {self.name}")


def test_services_stop_in_reverse_order_even_when_one_did_not_start() -> None:
    journal: list[str] = []
    broken = FakeService("web", journal)
    broken.fails = "no"
    with Supervisor(say=print) as supervisor:
        supervisor.start(FakeService("postgres", journal))
        supervisor.start(FakeService("broker", journal))
        with pytest.raises(LauncherError):
            supervisor.start(broken)
    assert journal == ["start postgres", "start broker", "start web", "stop web", "stop broker", "stop postgres"]


def test_a_crashed_child_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor(say=said.append, backoff=QUICK) as supervisor:
        service = a_service(tmp_path, "worker", "exec sleep 60")
        supervisor.start(service)
        first = service.child.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: supervisor.look_once() or service.child.pid != first)
        assert alive(service.child.pid)
        second = service.child.pid
    assert not alive(second)
    assert said == [
        "worker ended unexpectedly (killed by SIGKILL); it starts again in 0 s. See worker.log.",
        "worker is running again.",
    ]


def test_a_restart_that_fails_is_tried_again() -> None:
    said: list[str] = []
    service = FakeService("worker", [])
    supervisor = Supervisor(say=said.append, backoff=QUICK)
    supervisor.start(service)
    service.code, service.fails = 3, "The disk is full."
    supervisor.look_once()
    supervisor.look_once()
    service.fails = None
    supervisor.look_once()
    assert said == [
        "worker ended unexpectedly (exit code 3); it starts again in 0 s. See worker.log.",
        "worker did not start (The disk is full.); it starts again in 0 s. See worker.log.",
        "worker is running again.",
    ]


def test_waits_grow_up_to_a_limit() -> None:
    backoff = Backoff(first=1.0, longest=30.0)
    assert [backoff.delay(crashes) for crashes in (1, 2, 3, 6, 1000)] == [1.0, 2.0, 4.0, 30.0, 30.0]


def test_a_child_that_does_not_stop_is_killed_with_all_it_started(tmp_path: Path) -> None:
    deaf = "trap '' TERM; sleep 60 & echo $! > grandchild; sleep 60"
    service = a_service(tmp_path, "deaf", f"cd {tmp_path}; {deaf}", stop_seconds=0.1)
    service.start()
    until(lambda: (tmp_path / "grandchild").exists() and (tmp_path / "grandchild").read_text() != "")
    grandchild = int((tmp_path / "grandchild").read_text())
    service.stop()
    assert service.exit_code() == -signal.SIGKILL
    until(lambda: not alive(grandchild))


def test_impatience_cuts_the_wait(tmp_path: Path) -> None:
    """Waited for, it would end by itself, with 0."""
    service = a_service(tmp_path, "deaf", "trap '' TERM; echo ready; sleep 60", stop_seconds=600.0)
    service.start()
    wait_until_ready(service.child, lambda: "ready" in service.child.tail(), seconds=60)
    service.stop(impatient=lambda: True)
    assert service.exit_code() == -signal.SIGKILL


def test_what_a_crashed_child_started_ends_with_it(tmp_path: Path) -> None:
    service = a_service(tmp_path, "leader", "sleep 60 & echo $!; exit 1")
    service.start()
    until(lambda: service.exit_code() is not None)
    grandchild = int(service.child.tail())
    until(lambda: not alive(grandchild))


LAUNCHER = """
import sys
from pathlib import Path
from launcher.children import Program
from launcher.service import Service
from launcher.stopping import StopRequested, StopSignals
from launcher.supervisor import Supervisor

folder = Path(sys.argv[1])
with StopSignals() as signals, Supervisor(say=print, impatient=signals.impatient) as supervisor:
    try:
        for name, script in (("polite", "exec sleep 60"), ("deaf", "trap '' TERM; echo ready; sleep 60")):
            program = Program(name, ("sh", "-c", script), stop_seconds=0.2)
            supervisor.start(Service(program, log_dir=folder, run_dir=folder))
        supervisor.watch(every=0.01)
    except StopRequested:
        signals.begin_stopping()
"""


@pytest.fixture
def launcher(tmp_path: Path):
    """A launcher of its own process with a polite and a deaf child; both are up."""
    process = subprocess.Popen([sys.executable, "-c", LAUNCHER, str(tmp_path)], cwd=ROOT)
    deaf_log = tmp_path / "deaf.log"
    until(lambda: deaf_log.exists() and "ready" in deaf_log.read_text() and (tmp_path / "deaf.json").exists())
    yield process
    process.kill()
    process.wait()
    leftovers.stop(tmp_path / "deaf.json", signal.SIGKILL, 1.0)


def pid_of(folder: Path, name: str) -> int:
    return int(json.loads((folder / f"{name}.json").read_text())["pid"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(launcher: subprocess.Popen[bytes], tmp_path: Path, number: int) -> None:
    children = [pid_of(tmp_path, name) for name in ("polite", "deaf")]
    launcher.send_signal(number)
    assert launcher.wait(60) == 0
    assert not any(alive(pid) for pid in children)


def test_no_orphan_outlives_a_killed_launcher_and_its_next_start(
    launcher: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    polite, deaf = pid_of(tmp_path, "polite"), pid_of(tmp_path, "deaf")
    launcher.kill()
    launcher.wait()
    until(lambda: not alive(polite))
    assert alive(deaf)  # It ignored the kernel's signal ...
    next_start = a_service(tmp_path, "deaf", "exec sleep 60", stop_seconds=0.1)
    next_start.start()  # ... and the next start finds it.
    assert not alive(deaf)
    next_start.stop()


def test_a_record_of_another_process_with_the_same_number_is_not_trusted(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        record = tmp_path / "worker.json"
        leftovers.remember(record, bystander.pid)
        assert leftovers.running(record) == bystander.pid
        record.write_text(json.dumps({"pid": bystander.pid, "started_at": "an earlier boot:1"}))
        assert leftovers.running(record) is None
        assert not leftovers.stop(record, signal.SIGKILL, 1.0)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "started_at": 1}'])
def test_a_broken_record_is_no_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "worker.json").write_text(text)
    assert leftovers.running(tmp_path / "worker.json") is None


def test_the_first_signal_raises_and_further_ones_only_hurry() -> None:
    with StopSignals() as signals:
        with pytest.raises(StopRequested):
            signal.raise_signal(signal.SIGTERM)
        assert not signals.impatient()
        signal.raise_signal(signal.SIGINT)
        assert signals.impatient()


def test_a_signal_while_an_error_stops_everything_only_hurries() -> None:
    with StopSignals() as signals:
        signals.begin_stopping()
        signal.raise_signal(signal.SIGINT)
        assert signals.impatient()


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LauncherError, match="worker could not be started"):
        spawn(Program("worker", ("/no/such/program",)), tmp_path / "worker.log")


def test_a_child_that_ends_early_shows_the_lines_of_this_run_only(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("from an earlier run\n")
    child = spawn(Program("web", ("sh", "-c", "echo cannot bind; exit 7")), log)
    with pytest.raises(LauncherError, match=r"web ended while it was starting \(exit code 7\)") as caught:
        wait_until_ready(child, lambda: False, seconds=60)
    assert caught.value.details == "cannot bind"
    assert "from an earlier run" in log.read_text()


def test_a_child_that_never_gets_ready_is_told(tmp_path: Path) -> None:
    child = spawn(Program("web", ("sleep", "60")), tmp_path / "web.log")
    with pytest.raises(LauncherError, match="web was not ready after 0 s"):
        wait_until_ready(child, lambda: False, seconds=0.05)
    child.kill()


def test_a_log_that_grew_large_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launcher.children.LOG_LIMIT_BYTES", 10)
    log = tmp_path / "web.log"
    log.write_text("more than ten bytes")
    spawn(Program("web", ("true",)), log).wait()
    assert (tmp_path / "web.log.1").read_text() == "more than ten bytes"
    assert log.read_text().startswith("--- web started")
