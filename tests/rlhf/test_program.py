"""What every ML program does alike: exit codes, failure.json, one process an output, checkpoints, supervision."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import torch
from django.conf import settings
from safetensors import SafetensorError

from apps.training.domain.specs import SPECS, SftSpec, parse_spec
from tests.once import made_once
from tests.rlhf.bad_runs import stopping_after
from tests.rlhf.conftest import TINY
from tests.rlhf.make import failure, manifest, metrics, run_program
from workers.rlhf import pretrain
from workers.rlhf.frame import guard
from workers.rlhf.frame.errors import BadInput, Diverged, Interrupted, failure_kind
from workers.rlhf.frame.files import file_sha256, write_atomically
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.program import Outcome, main

WEIGHTS = Path("output/model/model.safetensors")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(spec=SftSpec(), input=tmp_path, output=tmp_path, device=torch.device("cpu"))


def raising(error: Exception) -> Callable[[Job], Outcome]:
    def run(job: Job) -> Outcome:
        raise error

    return run


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"epochs": 0}, "epochs: it must be from 1 to 1000, got 0."),
        ({"epoch": 1}, "epoch: sft has no such setting."),
        ({"program": "ppo"}, "program: this is the spec of 'ppo', not of 'sft'."),
    ],
)
def test_a_bad_spec_is_refused_by_its_field(tmp_path: Path, spec: dict[str, object], text: str):
    assert run_program("sft", raising(AssertionError()), tmp_path, **spec) == 64
    assert failure(tmp_path)["kind"] == "spec"
    assert failure(tmp_path)["text"].startswith(text)


def test_a_spec_that_is_no_json(tmp_path: Path):
    (tmp_path / "spec.json").write_text("{")
    arguments = [f"--spec={tmp_path}/spec.json", f"--input={tmp_path}", f"--output={tmp_path}/output"]

    assert main("sft", raising(AssertionError()), arguments) == 64
    assert failure(tmp_path)["kind"] == "spec"
    assert failure(tmp_path)["text"].startswith("spec: spec.json could not be read: ")


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (BadInput("model", "model: no such folder."), 64, "spec"),
        (BadInput("rankings.jsonl", "rankings.jsonl: ties only."), 64, "data"),
        (Diverged("the loss was nan"), 1, "diverged"),
        (OSError(28, "No space left on device"), 1, "disk"),
        (MemoryError(), 1, "memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), 1, "memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"), 1, "memory"),
        (ZeroDivisionError("division by zero"), 1, "error"),
    ],
)
def test_errors_by_kind(tmp_path: Path, error: Exception, code: int, kind: str):
    assert run_program("sft", raising(error), tmp_path) == code
    assert failure(tmp_path)["kind"] == kind
    assert str(error) in failure(tmp_path)["text"]
    assert not (tmp_path / "output" / "manifest.json").exists()


def test_a_full_disk_is_told_as_one_by_torch():
    """/dev/full fails every write to it, as a full disk does."""
    with pytest.raises(Exception) as caught, open("/dev/full", "wb") as file:  # noqa: PT011
        torch.save({"weights": torch.zeros(100_000)}, file)

    assert failure_kind(caught.value, set()) == "disk"


def test_a_full_disk_is_told_as_one_by_safetensors():
    """Its own exception with Rust's text. Never tried on /dev/full: safetensors renames, and would replace it."""
    error = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    assert failure_kind(error, set()) == "disk"


def test_a_real_lack_of_memory_is_told_as_one():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)

    assert failure_kind(caught.value, set()) == "memory"


def test_a_full_disk_that_has_no_room_for_the_reason_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, write: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workers.rlhf.frame.program.write_atomically", full)

    assert run_program("sft", raising(OSError(28, "No space left on device")), tmp_path) == 1
    assert not (tmp_path / "output" / "failure.json").exists()


def test_an_interruption_is_no_failure(tmp_path: Path):
    assert run_program("sft", raising(Interrupted("stopped")), tmp_path) == 75
    assert not (tmp_path / "output" / "failure.json").exists()


def test_cuda_where_there_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert run_program("sft", raising(AssertionError()), tmp_path, device="cuda") == 64
    assert failure(tmp_path) == {
        "kind": "spec",
        "text": "device: this machine has no CUDA device; use auto or cpu.",
    }


def test_a_second_process_gives_up_and_leaves_the_first_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "workers.rlhf.frame.program.output_lock", lambda output: guard.output_lock(output, patience=0.2)
    )
    (tmp_path / "output").mkdir()
    with (tmp_path / "output" / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        assert run_program("sft", raising(AssertionError()), tmp_path) == 1
        assert [path.name for path in (tmp_path / "output").iterdir()] == [".lock"]


def test_a_second_process_waits_for_the_first(tmp_path: Path):
    with guard.output_lock(tmp_path):
        child = subprocess.Popen(
            [sys.executable, "-c", f"from workers.rlhf.frame.guard import output_lock; from pathlib import Path\n"
             f"with output_lock(Path({str(tmp_path)!r})): print('mine')"],
            cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(0.3)
        assert child.poll() is None
    assert child.communicate(timeout=120)[0] == "mine\n"


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


def test_metrics_are_finite_numbers(job: Job):
    job.log(1, 2, loss=0.5)
    with pytest.raises(Diverged, match=r"^loss was nan at step 2 of 2: a smaller learning_rate may help\.$"):
        job.log(2, 2, loss=float("nan"))

    assert (job.output / "metrics.jsonl").read_text() == '{"step": 1, "steps_total": 2, "loss": 0.5}\n'


def test_a_checkpoint_brings_back_state_dice_and_metrics(job: Job):
    job.log(1, 9, loss=0.5)
    torch.manual_seed(3)
    job.checkpoint_save({"step": 1, "weights": torch.ones(2)})
    expected = torch.rand(3)
    job.log(2, 9, loss=0.4)
    with (job.output / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "st')

    again = Job(spec=job.spec, input=job.input, output=job.output, device=job.device)
    state = again.checkpoint_load()

    assert state is not None
    assert state["step"] == 1
    assert state["weights"].tolist() == [1, 1]
    assert torch.equal(torch.rand(3), expected)
    assert (job.output / "metrics.jsonl").read_text() == '{"step": 1, "steps_total": 9, "loss": 0.5}\n'


def test_a_checkpoint_of_another_spec_is_refused(job: Job):
    job.checkpoint_save({})
    other = Job(spec=SftSpec(seed=1), input=job.input, output=job.output, device=job.device)

    with pytest.raises(BadInput, match=r"^output: what lies in .* was begun with other settings, or before an"):
        other.checkpoint_load()


def test_what_could_not_be_written_leaves_its_room(tmp_path: Path):
    def half(file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    (tmp_path / "kept").write_bytes(b"before")
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "kept", half)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("kept", b"before")]


def test_a_checkpoint_that_was_not_written_whole_does_not_count(job: Job):
    job.checkpoint_save({"step": 1})
    (job.output / "checkpoint" / "state.pt.new").write_bytes(b"half")

    assert job.checkpoint_load() == {"step": 1}


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    half = len(data) // 2
    spoilt = {
        "empty": b"",
        "cut": data[:half],
        "cut by a byte": data[:-1],
        "zeros": bytes(len(data)),
        "zeros within": data[: half - 50] + bytes(100) + data[half + 50 :],
        "no checkpoint": b"PK" + data,
    }
    path.write_bytes(spoilt[how])


@pytest.mark.parametrize("how", ["empty", "cut", "cut by a byte", "zeros", "zeros within", "no checkpoint"])
def test_a_damaged_checkpoint_is_told_and_not_gone_on_from(job: Job, how: str):
    job.log(1, 2, loss=0.5)
    job.checkpoint_save({"step": 1, "weights": torch.rand(3_000)})
    damage(job.output / "checkpoint" / "state.pt", how)
    again = Job(spec=job.spec, input=job.input, output=job.output, device=job.device)

    with pytest.raises(BadInput, match=r"(?s)^output: the checkpoint .*state\.pt cannot be gone on from: .*Delete the"):
        again.checkpoint_load()


def test_a_checkpoint_without_its_metrics_is_not_gone_on_from(job: Job):
    job.log(1, 2, loss=0.5)
    job.checkpoint_save({"step": 1})
    (job.output / "metrics.jsonl").write_text("")
    with pytest.raises(BadInput, match=r"metrics\.jsonl has fewer steps than it"):
        job.checkpoint_load()


def test_a_program_says_that_its_checkpoint_is_damaged(tmp_path: Path):
    """And after the folder is deleted, as it says, it begins again."""

    assert run_program("pretrain", stopping_after("pretrain", 1), tmp_path, **TINY) == 75
    damage(tmp_path / "output" / "checkpoint" / "state.pt", "zeros within")
    assert run_program("pretrain", pretrain.run, tmp_path, **TINY) == 64
    told = failure(tmp_path)
    assert told["kind"] == "data"
    folder = tmp_path / "output" / "checkpoint"
    assert f"Delete the folder {folder} and give the same command to begin again" in told["text"]
    assert not (tmp_path / "output" / "model").exists()
    shutil.rmtree(folder)
    assert run_program("pretrain", pretrain.run, tmp_path, **TINY) == 0


def test_a_finished_run_is_not_done_again(tiny_run: Path):
    before = file_sha256(tiny_run / "output" / "manifest.json")

    assert run_program("pretrain", raising(AssertionError()), tiny_run, **TINY) == 0
    assert file_sha256(tiny_run / "output" / "manifest.json") == before


def test_a_folder_with_another_run_is_refused(tmp_path: Path):
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "manifest.json").write_text(json.dumps({"spec_sha256": parse_spec("ppo", {}).sha256}))

    assert run_program("sft", raising(AssertionError()), tmp_path) == 64
    assert failure(tmp_path) == {
        "kind": "data",
        "text": f"output: what lies in {tmp_path}/output was begun with other settings, or before an upgrade that brought new "
        "ones, so it cannot be gone on from. Start again: a new run (in the loop a new turn); by hand, with an empty folder.",
    }


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
