"""What every ML program does alike: exit codes, failure.json, one process an output, checkpoints, supervision."""

import fcntl
import json
import shutil
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

from apps.training.domain.specs import SftSpec, parse_spec
from tests.rlhf.bad_runs import stopping_after
from tests.rlhf.conftest import TINY
from tests.rlhf.make import failure, run_program
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
