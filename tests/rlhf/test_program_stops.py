"""How an ML program ends before its time, and goes on: a stop, a signal, a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from apps.training.domain.specs import SPECS
from tests.once import made_once
from tests.rlhf.conftest import TINY
from tests.rlhf.make import manifest, metrics, run_program
from tests.rlhf.test_program import WEIGHTS, raising
from workers.rlhf import pretrain
from workers.rlhf.frame import guard
from workers.rlhf.frame.files import file_sha256
from workers.rlhf.frame.job import Job

LONGER = {**TINY, "steps": 60, "checkpoint_every": 7}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        assert run_program("pretrain", pretrain.run, folder, **LONGER) == 0

    return made_once(tmp_path_factory, "whole", make)


def assert_goes_on(folder: Path, uninterrupted: Path) -> None:
    """The same command ends where a run that nobody stopped does."""
    assert (folder / "output" / "checkpoint" / "state.pt").is_file()
    assert not (folder / "output" / "model").exists()

    assert run_program("pretrain", pretrain.run, folder, **LONGER) == 0
    assert file_sha256(folder / WEIGHTS) == file_sha256(uninterrupted / WEIGHTS)
    assert metrics(folder) == metrics(uninterrupted)
    assert manifest(folder)["report"] == manifest(uninterrupted)["report"]
    assert not (folder / "output" / "checkpoint").exists()


def test_a_killed_run_goes_on(uninterrupted: Path, tmp_path: Path):
    child = start(tmp_path)
    wait_for_step(tmp_path, 18)
    child.kill()
    child.communicate()
    assert child.returncode == -signal.SIGKILL

    assert_goes_on(tmp_path, uninterrupted)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_goes_on(
    uninterrupted: Path, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
):
    def log(job: Job, step: int, total: int, /, **numbers: float) -> None:
        honest(job, step, total, **numbers)
        if step == 18:
            signal.raise_signal(number)

    honest = Job.log
    with monkeypatch.context() as patch:
        patch.setattr(Job, "log", log)
        assert run_program("pretrain", pretrain.run, tmp_path, **LONGER) == 75
    assert metrics(tmp_path)[-1]["step"] == 18

    assert_goes_on(tmp_path, uninterrupted)


def test_a_program_stops_with_its_supervisor(tmp_path: Path):
    child = start(tmp_path, RLHF_SUPERVISED="1")
    wait_for_step(tmp_path, 3)
    _, said = child.communicate(timeout=300)  # closes its stdin, as a dying supervisor does

    assert child.returncode == 75, said
    assert (tmp_path / "output" / "checkpoint" / "state.pt").is_file()


# The run does not end unasked, however long its test takes to say something.
WAITING = """
import runpy, time
from workers.rlhf.frame.job import Job

honest = Job.log
def log(job, step, total, /, **numbers):
    honest(job, step, total, **numbers)
    while step == 40 and not job.stop.is_set():
        time.sleep(0.01)
Job.log = log
runpy.run_module("workers.rlhf.pretrain", run_name="__main__")
"""


def start(folder: Path, **environment: str) -> subprocess.Popen[str]:
    """The longer tiny run as a process, which waits at its 40th step until it is told to stop."""
    (folder / "input").mkdir(parents=True)
    (folder / "spec.json").write_text(json.dumps(LONGER))
    paths = ["--spec", f"{folder}/spec.json", "--input", f"{folder}/input", "--output", f"{folder}/output"]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", WAITING, *paths], cwd=settings.BASE_DIR, text=True,
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip


def wait_for_step(folder: Path, step: int) -> None:
    file = folder / "output" / "metrics.jsonl"
    give_up = time.monotonic() + 300
    while not (file.is_file() and f'"step": {step},' in file.read_text()):
        assert time.monotonic() < give_up
        time.sleep(0.005)


# A second signal wherever the handler of the first may be: a run of several processes hears two at once.
STOPPED_TWICE = """
import signal, sys
from workers.rlhf.frame.guard import stop_signals

for position in range(12):
    events = 0
    def interrupt(*_):
        global events
        events += 1
        if events == position:
            signal.raise_signal(signal.SIGTERM)
    with stop_signals() as stop:
        sys.setprofile(interrupt)
        signal.raise_signal(signal.SIGINT)
        sys.setprofile(None)
        assert stop.is_set()
"""


LEAVING = """
import atexit
from workers.rlhf.frame.leaving import leave

class Heavy:
    def __del__(self):
        print("taken apart")

heavy = Heavy()
atexit.register(print, "at the end")
print("said", end="")
leave(75)
"""


def test_who_leaves_says_what_it_had_to_say_and_takes_nothing_apart():
    """Taking torch apart takes a second of a processor, which whoever waits for the run would wait for too."""
    left = subprocess.run(
        [sys.executable, "-c", LEAVING], cwd=settings.BASE_DIR, check=False, timeout=60, capture_output=True, text=True
    )
    assert (left.returncode, left.stdout, left.stderr) == (75, "said", "")


@pytest.mark.parametrize("program", SPECS)
def test_every_program_leaves_so(program: str):
    source = (Path(settings.BASE_DIR) / "workers" / "rlhf" / f"{program}.py").read_text()
    assert "\n    leave(" in source.partition('if __name__ == "__main__":')[2]


def test_a_stop_before_the_work_began_is_heeded_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard.Stop, "is_set", lambda stop: True)
    assert run_program("sft", raising(AssertionError()), tmp_path) == 75
    assert not (tmp_path / "output" / "failure.json").exists()


def test_a_second_stop_does_not_wait_for_the_first():
    subprocess.run([sys.executable, "-c", STOPPED_TWICE], cwd=settings.BASE_DIR, check=True, timeout=300)
