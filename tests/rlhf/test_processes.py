"""Several processes take the steps of a single one, stop as one, go on bit for bit, and fail as one."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.once import made_once
from tests.rlhf import reward_runs
from tests.rlhf.conftest import TINY
from tests.rlhf.make import demonstration, failure, manifest, metrics, run_program, write
from tests.rlhf.several import fork_together, together, until, wait_for
from workers.rlhf import generate, ppo, pretrain, sft
from workers.rlhf.frame import processes, sharding
from workers.rlhf.frame.job import Job
from workers.rlhf.language.loading import count_parameters

WEIGHTS = Path("output/model/model.safetensors")
SHORT = {**TINY, "dialogues": 100, "steps": 12, "batch_size": 7, "learning_rate": 2e-3, "checkpoint_every": 5}
SFT: dict[str, Any] = {
    "device": "cpu", "epochs": 2, "batch_size": 3, "learning_rate": 1e-3, "dropout": 0.0, "checkpoint_every": 2,
}  # fmt: skip


@pytest.fixture
def taught(tiny_base: Path) -> Callable[[Path], Path]:
    """Seven demonstrations of very different lengths: the last batch of an epoch holds one, fewer than there are processes."""

    def fill(folder: Path) -> Path:
        replies = [
            "Blue.",
            "Red and green and blue, and red again. " * 2,
            "No.",
            "Yes, of course it is.",
            "A",
            "B B B",
            "Why?",
        ]
        given = [demonstration(str(n), f"Which colour is number {n}?", reply) for n, reply in enumerate(replies)]
        held_out = [demonstration(f"v{n}", "Which?", reply, split="validation") for n, reply in enumerate(replies[:3])]
        write(folder / "input" / "demonstrations.jsonl", [*given, *held_out])
        (folder / "input" / "base").symlink_to(tiny_base)
        return folder

    return fill


@pytest.fixture
def undisturbed(taught, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """An SFT run of so many processes that nothing happens to: made once, so change nothing in its folder."""

    def run(count: int, **changes: Any) -> Path:
        parts = "parts" if "ACCELERATE_USE_FSDP" in os.environ else "whole"
        name = "-".join(["sft", str(count), parts, *map(str, changes.values())])

        def make(folder: Path) -> None:
            taught(folder)
            assert (
                together(count, lambda rank: run_program("sft", sft.run, folder, **{**SFT, **changes})) == [0] * count
            )

        return made_once(tmp_path_factory, name, make)

    return run


def assert_same_learning(several: Path, single: Path) -> None:
    for one, other in zip(metrics(several), metrics(single), strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    found, expected = load_file(several / WEIGHTS), load_file(single / WEIGHTS)
    assert found.keys() == expected.keys()
    for name, weight in found.items():
        torch.testing.assert_close(weight, expected[name], atol=1e-5, rtol=0, msg=name)


@pytest.mark.parametrize("count", [2, 3])
def test_sft_of_several_is_that_of_one(taught, undisturbed, tmp_path: Path, count: int):
    single, several = undisturbed(1), taught(tmp_path / "several")

    assert together(count, lambda rank: run_program("sft", sft.run, several, **SFT)) == [0] * count
    assert_same_learning(several, single)
    assert manifest(several)["machine"]["processes"] == count
    assert manifest(several)["report"]["train_loss"] == pytest.approx(
        manifest(single)["report"]["train_loss"], abs=1e-6
    )
    assert not (several / "output" / "checkpoint").exists()


def test_pretraining_of_two_is_that_of_one(tmp_path: Path):
    assert run_program("pretrain", pretrain.run, tmp_path / "one", **SHORT) == 0

    assert together(2, lambda rank: run_program("pretrain", pretrain.run, tmp_path / "two", **SHORT)) == [0, 0]
    assert_same_learning(tmp_path / "two", tmp_path / "one")


@pytest.mark.parametrize("ties", ["drop", "davidson"])
def test_a_reward_model_of_two_is_that_of_one(tmp_path: Path, ties: str):
    """24 prompts of 4, 5 and 9 completions, by 7: the processes' parts have different numbers of pairs."""
    single, several = reward_runs.fill(tmp_path / "one"), reward_runs.fill(tmp_path / "two")
    changes: dict[str, Any] = {"batch_size": 7, "epochs": 1, "ties": ties}
    assert reward_runs.run(single, **changes) == 0

    assert together(2, lambda rank: reward_runs.run(several, **changes)) == [0, 0]
    assert_same_learning(several, single)
    assert manifest(several)["normalisation"] == pytest.approx(manifest(single)["normalisation"], abs=1e-5)


def test_a_stopped_reward_run_of_two_goes_on(tmp_path: Path):
    whole, stopped = reward_runs.fill(tmp_path / "whole"), reward_runs.fill(tmp_path / "stopped")
    assert together(2, lambda rank: reward_runs.run(whole)) == [0, 0]

    def stop_while_measuring(rank: int) -> int:
        """After the last step, when rewards are measured, and on one process only."""
        at_step(reward_runs.STEPS, 1, lambda job: job.stop.set())
        return reward_runs.run(stopped)

    assert together(2, stop_while_measuring) == [75, 75]
    assert together(2, lambda rank: reward_runs.run(stopped)) == [0, 0]
    assert (stopped / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert metrics(stopped) == metrics(whole)


@pytest.fixture
def shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "2")


def test_a_model_in_parts_learns_what_a_whole_one_does(taught, undisturbed, tmp_path: Path, shard: None):
    """FSDP2 on the CPU. One process has nothing of some batches; the model that is saved is whole."""
    single, several = undisturbed(1), taught(tmp_path / "two")

    def work(rank: int) -> int:
        seen = []
        honest = sharding.spread

        def spread(model: torch.nn.Module) -> None:
            honest(model)
            seen.append(sum(one.to_local().numel() for one in model.parameters()) / count_parameters(model))

        pytest.MonkeyPatch().setattr(sharding, "spread", spread)
        code = run_program("sft", sft.run, several, **SFT)
        assert seen
        assert seen[0] < 0.55, "each holds half of it"
        return code

    assert together(2, work) == [0, 0]
    assert_same_learning(several, single)
    assert manifest(several)["parameters"] == manifest(single)["parameters"]


@pytest.mark.parametrize("then", [1, 2])
def test_a_stopped_run_in_parts_goes_on_in_parts_or_whole(taught, undisturbed, tmp_path: Path, shard: None, then: int):
    whole, stopped = undisturbed(2), taught(tmp_path / "stopped")

    def work(rank: int) -> int:
        at_step(3, 1, lambda job: job.stop.set())
        return run_program("sft", sft.run, stopped, **SFT)

    assert together(2, work) == [75, 75]
    assert together(then, lambda rank: run_program("sft", sft.run, stopped, **SFT)) == [0] * then
    if then == 2:
        assert (stopped / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert_same_learning(stopped, whole)


def test_pretraining_in_parts_with_a_tied_head(tmp_path: Path, shard: None):
    assert run_program("pretrain", pretrain.run, tmp_path / "one", **SHORT) == 0
    assert together(2, lambda rank: run_program("pretrain", pretrain.run, tmp_path / "two", **SHORT)) == [0, 0]
    assert_same_learning(tmp_path / "two", tmp_path / "one")


def test_what_cannot_lie_in_parts_is_refused(taught, tmp_path: Path, shard: None, monkeypatch: pytest.MonkeyPatch):
    folder = taught(tmp_path / "sft")
    lora = {**SFT, "lora_rank": 2}
    assert together(2, lambda rank: run_program("sft", sft.run, folder, **lora)) == [64, 64]
    assert failure(folder)["text"].startswith("lora_rank: adapters do not lie in parts")

    monkeypatch.setenv("FSDP_VERSION", "1")
    assert together(2, lambda rank: run_program("sft", sft.run, folder, **SFT)) == [64, 64]
    assert failure(folder)["text"].startswith("processes: of FSDP version 2 is built in")

    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    assert together(2, lambda rank: run_program("sft", sft.run, folder, **SFT)) == [64, 64]
    assert failure(folder)["text"].startswith("processes: DeepSpeed is not built in; FSDP2 shards as its ZeRO-3 does")


def at_step(number: int, of_rank: int, what: Callable[[Job], object]) -> None:
    """In this process, `what` happens once that step is logged."""

    def log(job: Job, step: int, total: int, /, **numbers: float) -> None:
        honest(job, step, total, **numbers)
        if step == number and processes.rank() == of_rank:
            what(job)

    honest, Job.log = Job.log, log  # type: ignore[method-assign]  # the process is forked: nobody else sees it


@pytest.mark.parametrize("told", [0, 1])
def test_a_stop_that_one_hears_stops_all_at_the_same_step(taught, undisturbed, tmp_path: Path, told: int):
    """With dropout: each process has random numbers of its own, and all of them come back."""
    spec = {**SFT, "dropout": 0.3}
    whole, stopped = undisturbed(2, dropout=0.3), taught(tmp_path / "stopped")

    def work(rank: int) -> int:
        at_step(3, told, lambda job: os.kill(os.getpid(), signal.SIGTERM))
        return run_program("sft", sft.run, stopped, **spec)

    assert together(2, work) == [75, 75]
    assert metrics(stopped)[-1]["step"] == 3
    assert not (stopped / "output" / "failure.json").exists()
    assert together(2, lambda rank: run_program("sft", sft.run, stopped, **spec)) == [0, 0]
    assert (stopped / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert metrics(stopped) == metrics(whole)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_the_run_and_it_goes_on(taught, undisturbed, tmp_path: Path, victim: int):
    whole, killed = undisturbed(2), taught(tmp_path / "killed")

    def work(rank: int) -> int:
        at_step(3, victim, lambda job: os.kill(os.getpid(), signal.SIGKILL))
        return run_program("sft", sft.run, killed, **SFT)

    codes = together(2, work)
    assert codes[victim] == -signal.SIGKILL
    assert codes[1 - victim] == 1  # by itself: whoever waits for ever is killed
    assert failure(killed)["kind"] == "killed"
    assert failure(killed)["text"].startswith("Another of the run's processes ended")

    assert together(2, lambda rank: run_program("sft", sft.run, killed, **SFT)) == [0, 0]
    assert (killed / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert metrics(killed) == metrics(whole)


def test_of_several_the_first_to_fail_says_why(taught, tmp_path: Path):
    folder = taught(tmp_path)

    def starve(job: Job) -> None:
        raise MemoryError("no memory left")

    def work(rank: int) -> int:
        at_step(2, 1, starve)
        return run_program("sft", sft.run, folder, **SFT)

    assert together(2, work) == [1, 1]
    assert failure(folder) == {"kind": "memory", "text": "no memory left"}


def test_what_all_refuse_is_told_once(tmp_path: Path):
    assert together(2, lambda rank: run_program("sft", sft.run, tmp_path, epochs=0)) == [64, 64]
    assert failure(tmp_path) == {"kind": "spec", "text": "epochs: it must be from 1 to 1000, got 0."}
    assert sorted(path.name for path in (tmp_path / "output").iterdir()) == [".lock", "failure.json"]


@pytest.mark.parametrize(("name", "program"), [("ppo", ppo.run), ("generate", generate.run)])
def test_programs_that_do_not_share_refuse_several(tmp_path: Path, name: str, program: Any):
    assert together(2, lambda rank: run_program(name, program, tmp_path)) == [64, 64]
    assert failure(tmp_path)["text"].startswith(f"processes: {name} runs in one process, and 2 were started")


def test_a_checkpoint_of_two_goes_on_in_one_and_back(taught, undisturbed, tmp_path: Path):
    """Another number of processes takes the same steps, as far as numbers that are added up in another order do."""
    single, moved = undisturbed(1), taught(tmp_path / "moved")

    def stop_after(step: int) -> Callable[[int], int]:
        def work(rank: int) -> int:
            at_step(step, 0, lambda job: job.stop.set())
            return run_program("sft", sft.run, moved, **SFT)

        return work

    assert together(2, stop_after(1)) == [75, 75]
    assert together(1, stop_after(3)) == [75]
    assert together(3, lambda rank: run_program("sft", sft.run, moved, **SFT)) == [0, 0, 0]
    assert_same_learning(moved, single)


def test_parts_add_up_whatever_each_holds():
    def work(rank: int) -> int:
        with processes.joined():
            model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 1, bias=False))
            processes.make_alike(model)
            rows = torch.arange(15.0).reshape(5, 3)
            model(rows).sum().backward()
            expected = [one.grad.clone() for one in model.parameters()]
            model.zero_grad(set_to_none=True)
            own = processes.share(list(rows[:5]))
            if rank < 2:  # the third has nothing this time, the second one row more than the first
                own = rows[:2] if rank == 0 else rows[2:]
                model(own).sum().backward()
            processes.add_up_gradients(list(model.parameters()))
            for one, right in zip(model.parameters(), expected, strict=True):
                torch.testing.assert_close(one.grad, right)
            assert processes.total(1.0, float(rank)) == [3.0, 3.0]
            assert processes.any_says(rank == 2)
            assert not processes.any_says(False)
            assert processes.most(rank) == 2
            assert processes.gathered(str(rank)) == ["0", "1", "2"]
            shares = processes.gathered(list(processes.share([1, 2, 3, 4])))
            assert sorted(one for share in shares for one in share) == [1, 2, 3, 4]
        return 0

    assert together(3, work) == [0, 0, 0]


def test_a_single_process_needs_nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RANK", "3")  # a scheduler's, say, which sets no WORLD_SIZE
    with processes.joined():
        assert (processes.count(), processes.rank(), processes.started_rank()) == (1, 0, 0)
        assert processes.share([1, 2]) == [1, 2]
        assert processes.total(2.0) == [2.0]
        assert processes.gathered("x") == ["x"]


def test_both_hold_the_output_by_the_firsts_lock(taught, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A second run on the same folder gives up, and the first goes on undisturbed."""
    from workers.rlhf.frame import guard

    folder = taught(tmp_path)
    monkeypatch.setattr(
        "workers.rlhf.frame.program.output_lock", lambda output: guard.output_lock(output, patience=0.2)
    )

    tried = tmp_path / "tried"

    def slow(rank: int) -> int:
        at_step(1, 0, lambda job: until(tried.exists))
        return run_program("sft", sft.run, folder, **SFT)

    first = fork_together(2, slow)
    until((folder / "output" / "metrics.jsonl").is_file)
    assert run_program("sft", sft.run, folder, **SFT) == 1
    tried.touch()
    assert wait_for(first) == [0, 0]
