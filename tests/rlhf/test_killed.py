"""Killed at moments that nobody chose, again and again: the same command ends where an undisturbed run does."""

import random
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.rlhf import reward_runs
from tests.rlhf.conftest import TINY
from tests.rlhf.make import demonstration, prompt, run_program, write
from tests.rlhf.several import strike_after, together
from workers.rlhf import generate, pretrain, reward, sft
from workers.rlhf.frame.job import Job

KILLS = 2


def teach(folder: Path, base: Path) -> None:
    replies = ["Blue.", "Red and green and blue.", "No.", "Yes, of course it is.", "A", "B B B", "Why?"]
    records = [demonstration(str(n), f"Which colour is number {n}?", reply) for n, reply in enumerate(replies)]
    records += [demonstration(f"v{n}", "Which?", reply, split="validation") for n, reply in enumerate(replies[:3])]
    write(folder / "input" / "demonstrations.jsonl", records)
    (folder / "input" / "base").symlink_to(base)


def ask(folder: Path, base: Path) -> None:
    write(folder / "input" / "prompts.jsonl", [prompt(f"p{n}", f"Which colour is number {n}?") for n in range(12)])
    (folder / "input" / "policy").symlink_to(base)


CASES: dict[str, tuple[Callable[[Path, Path], Any], Callable[[Job], Any], dict[str, Any]]] = {
    "pretrain": (lambda folder, base: None, pretrain.run, {**TINY, "checkpoint_every": 3}),
    "sft": (
        teach, sft.run,
        {"device": "cpu", "epochs": 12, "batch_size": 2, "learning_rate": 1e-3, "dropout": 0.2, "select": "loss", "checkpoint_every": 3},
    ),
    "reward": (
        lambda folder, base: reward_runs.fill(folder), reward.run,
        {**reward_runs.SPEC, "batch_size": 3, "epochs": 3, "checkpoint_every": 1},
    ),
    "generate": (ask, generate.run, {"device": "cpu", "samples": 3, "batch_size": 3, "max_completion_tokens": 60, "checkpoint_every": 1}),
}  # fmt: skip


def results(folder: Path) -> dict[str, bytes]:
    """What the program made; a line of metrics of `generate` says how fast it was, so these are not looked at."""
    names = ("model/model.safetensors", "completions.jsonl")
    made = {name: (folder / "output" / name).read_bytes() for name in names if (folder / "output" / name).is_file()}
    return made if "completions.jsonl" in made else {**made, "metrics": (folder / "output/metrics.jsonl").read_bytes()}


@pytest.mark.parametrize(("name", "count"), [*[(name, 1) for name in CASES], ("sft", 2)])
def test_killed_again_and_again(tiny_base: Path, tmp_path: Path, name: str, count: int):
    fill, program, spec = CASES[name]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        (folder / "input").mkdir(parents=True)
        fill(folder, tiny_base)
    assert together(count, lambda rank: run_program(name, program, whole, **spec)) == [0] * count

    def work(victim: int, strike: Callable[[], None], rank: int) -> int:
        if rank == victim:
            strike()
        return run_program(name, program, killed, **spec)

    dice = random.Random(f"{name} {count}")
    for _ in range(KILLS):
        victim = dice.randrange(count)
        strike = partial(strike_after, dice.randrange(2, 6), dice.random())
        assert together(count, partial(work, victim, strike))[victim] == -signal.SIGPROF
    assert together(count, lambda rank: run_program(name, program, killed, **spec)) == [0] * count
    assert results(killed) == results(whole)
