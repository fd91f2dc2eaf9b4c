"""The launcher ends as its processes do: by the same code, by the same signal, all of them together."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from launcher.leftovers import started_at
from tests.rlhf.several import together
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.program import Interrupted, Outcome, main

STARTER = """
import sys
from workers.rlhf import launch
launch._command = lambda given: [sys.executable, "-c", given.words[-1], given.program]
sys.exit(launch.main(sys.argv[1:]))
"""
PREAMBLE = """
import os, signal, sys, time
from pathlib import Path
rank, folder = int(os.environ["RANK"]), Path({folder!r})
(folder / f"pid{{rank}}").write_text(str(os.getpid()))
def stop(*_):
    (folder / f"stopped{{rank}}").touch()
    sys.exit(75)
signal.signal(signal.SIGTERM, stop)
"""
# The first waits until the launcher has seen the second's end: until then it is in the list of processes, as a zombie.
UNTIL_SEEN = """
other = folder / "pid1"
while not rank and not (other.is_file() and other.read_text() and not Path("/proc", other.read_text()).exists()):
    time.sleep(0.01)
"""
# The second is not killed before the first can say who it is.
DEAF_BESIDE_THE_KILLED = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
ready = folder / "ready0"
if not rank:
    ready.touch()
    time.sleep(60)
while not ready.exists():
    time.sleep(0.01)
os.kill(os.getpid(), 9)
"""
PATIENCE = 120.0  # seconds, on a machine that may have other work


def launcher(folder: Path, body: str, count: int = 2, **environment: str) -> subprocess.Popen[bytes]:
    words = ["--processes", str(count), "sft", "--", PREAMBLE.format(folder=str(folder)) + body]
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, *words], cwd=settings.BASE_DIR, stdin=subprocess.PIPE,
        env={**os.environ, **environment},
    )  # fmt: skip


def code_of(started: subprocess.Popen[bytes]) -> int:
    code = started.wait(PATIENCE)
    assert started.stdin
    started.stdin.close()
    return code


def pids(folder: Path, count: int = 2) -> list[int]:
    give_up = time.monotonic() + PATIENCE
    paths = [folder / f"pid{rank}" for rank in range(count)]
    while not all(path.is_file() and path.read_text() for path in paths):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return [int(path.read_text()) for path in paths]


def lives(pid: int) -> bool:
    return started_at(pid) is not None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("sys.exit(0)", 0),
        ("sys.exit(64)", 64),
        ("sys.exit(75)", 75),
        ("sys.exit(1 if rank else 0)", 1),
        (f"{UNTIL_SEEN}\nsys.exit(64 if rank else 1)", 64),  # the first that did not end well
        ("signal.signal(signal.SIGTERM, signal.SIG_DFL); os.kill(os.getpid(), 15)", -signal.SIGTERM),
    ],
)
def test_it_ends_with_the_programs_code(tmp_path: Path, body: str, code: int):
    assert code_of(launcher(tmp_path, body)) == code


def test_nobody_else_gets_their_port(tmp_path: Path):
    """They meet there seconds later, when each has loaded its libraries."""
    body = """
import socket
place = ("127.0.0.1", int(os.environ["MASTER_PORT"]))
try:
    socket.socket().bind(place)
except OSError:
    socket.create_server(place)  # as torch does: the one who knows that it is kept for it
    sys.exit(0)
sys.exit(1)
"""
    assert code_of(launcher(tmp_path, body, 1)) == 0


def test_each_knows_its_place(tmp_path: Path):
    body = "import json; (folder / f'env{rank}').write_text(json.dumps(dict(os.environ)))"
    assert code_of(launcher(tmp_path, body, 3)) == 0
    told = [json.loads((tmp_path / f"env{rank}").read_text()) for rank in range(3)]
    assert [(one["RANK"], one["LOCAL_RANK"], one["WORLD_SIZE"]) for one in told] == [(n, n, "3") for n in "012"]
    assert len({(one["MASTER_ADDR"], one["MASTER_PORT"]) for one in told}) == 1


def test_a_killed_process_takes_the_others_with_it(tmp_path: Path):
    assert code_of(launcher(tmp_path, DEAF_BESIDE_THE_KILLED)) == -signal.SIGKILL
    assert not any(map(lives, pids(tmp_path)))


def test_a_stop_reaches_all_and_is_told_as_one(tmp_path: Path):
    started = launcher(tmp_path, "(folder / f'ready{rank}').touch(); time.sleep(60)")
    pids(tmp_path)
    give_up = time.monotonic() + PATIENCE
    while not all((tmp_path / f"ready{rank}").exists() for rank in (0, 1)):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    started.terminate()
    assert code_of(started) == 75
    assert all((tmp_path / f"stopped{rank}").exists() for rank in (0, 1))


def test_a_stop_before_the_programs_listen_is_a_stop(tmp_path: Path):
    """One still loads its libraries, the other waits for it and would for half an hour."""
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN if rank else signal.SIG_DFL); (folder / f'ready{rank}').touch(); time.sleep(60)"
    started = launcher(tmp_path, deaf)
    own = pids(tmp_path)
    give_up = time.monotonic() + PATIENCE
    while not all((tmp_path / f"ready{rank}").exists() for rank in (0, 1)):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    started.terminate()
    assert code_of(started) == 75
    assert not any(map(lives, own))


LISTENING = (
    "from workers.rlhf.frame.guard import end_with_supervisor; end_with_supervisor()\n"
    "(folder / f'ready{rank}').touch(); time.sleep(60)"
)


AT_THE_END = """
import os, signal, sys
from workers.rlhf.frame.guard import stop_signals
with stop_signals(last=True):
    pass
os.kill(os.getpid(), signal.SIGTERM)
sys.exit(75)
"""


def test_a_stop_after_the_end_makes_no_death_by_signal_of_it():
    """A launcher passes on what the session was told already: its second word may come when all is saved."""
    ended = subprocess.run([sys.executable, "-c", AT_THE_END], cwd=settings.BASE_DIR, check=False, timeout=60)
    assert ended.returncode == 75


def test_a_program_that_has_a_process_to_itself_ends_as_it_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "spec.json").write_text("{}")
    places = ["--spec", f"{tmp_path}/spec.json", "--input", str(tmp_path), "--output", f"{tmp_path}/output"]
    monkeypatch.setattr(sys, "argv", ["sft", *places])

    def stopped(job: Job) -> Outcome:
        raise Interrupted("it was asked to")

    def work(rank: int) -> int:
        code = main("sft", stopped)
        os.kill(os.getpid(), signal.SIGTERM)
        return code

    assert together(1, work) == [75]


@pytest.mark.parametrize("how", ["its supervisor goes", "it is killed"])
def test_none_outlives_it(tmp_path: Path, how: str):
    started = launcher(tmp_path, LISTENING, RLHF_SUPERVISED="1")
    own = pids(tmp_path)
    give_up = time.monotonic() + PATIENCE
    while not all((tmp_path / f"ready{rank}").exists() for rank in (0, 1)):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    assert started.stdin
    if how == "it is killed":
        started.kill()
    else:
        started.stdin.close()
    assert code_of(started) == (-signal.SIGKILL if how == "it is killed" else 75)
    while any(map(lives, own)):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    assert all((tmp_path / f"stopped{rank}").exists() for rank in (0, 1))
