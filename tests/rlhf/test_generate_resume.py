"""Generation that was stopped or killed goes on to the same completions, with no duplicate and no gap."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.rlhf.generate_runs import SPEC, lines, prepare, run, timeless
from tests.rlhf.make import failure, metrics, prompt, write
from tests.rlhf.several import fork_together, wait_for
from tests.rlhf.test_program_stops import wait_for_step
from workers.rlhf.candidates import completing
from workers.rlhf.candidates.drawing import RowDice


@pytest.fixture
def folder(tiny_base: Path, tmp_path: Path) -> Path:
    return prepare(tmp_path, tiny_base)


@pytest.mark.parametrize("torn", [b"", b'{"finish_reason":"st', b'{"prompt_uid":"p9","sample_index":0}\n'])
def test_what_was_written_after_the_checkpoint_is_made_again(
    folder: Path, tmp_path: Path, tiny_base: Path, torn: bytes, monkeypatch: pytest.MonkeyPatch
):
    whole = prepare(tmp_path / "whole", tiny_base)
    assert run(whole) == 0
    with monkeypatch.context() as patch:
        patch.setattr(completing.Completer, "complete", stopping_after(2))
        assert run(folder) == 1
    assert len(lines(folder)) == 12
    with (folder / "output" / "completions.jsonl").open("ab") as file:
        file.write(torn)

    assert run(folder) == 0
    assert lines(folder) == lines(whole)
    assert timeless(metrics(folder)) == timeless(metrics(whole))


def test_completions_that_are_gone_are_not_filled_up_with_zeros(folder: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr(completing.Completer, "complete", stopping_after(2))
        assert run(folder) == 1
    (folder / "output" / "completions.jsonl").write_bytes(b"")

    assert run(folder) == 64
    assert failure(folder)["kind"] == "data"
    assert "cannot be gone on from: completions.jsonl holds less than it says. Delete the" in failure(folder)["text"]


def stopping_after(groups: int) -> Any:
    """`complete`, broken after so many calls."""
    honest, calls = completing.Completer.complete, []

    def complete(self: completing.Completer, group: Any) -> Any:
        if len(calls) == groups:
            raise ZeroDivisionError("pulled the plug")
        calls.append(group)
        return honest(self, group)

    return complete


def test_a_killed_run_goes_on_without_a_duplicate_or_a_gap(folder: Path, tmp_path: Path, tiny_base: Path):
    many = [prompt(f"p{number}", "When are you open?") for number in range(15)]
    spec = {**SPEC, "batch_size": 3, "max_completion_tokens": 60}
    chance = random.Random(4)
    whole = prepare(tmp_path / "whole", tiny_base)
    for one in (folder, whole):
        write(one / "input" / "prompts.jsonl", many)
    assert run(whole, **spec) == 0

    for step in (1, 5, 9):  # and then at some moment of what follows
        child = fork_together(1, lambda rank: run(folder, **spec))
        wait_for_step(folder, step)
        time.sleep(chance.uniform(0, 0.1))
        os.kill(child[0], signal.SIGKILL)
        assert wait_for(child)[0] in (-signal.SIGKILL, 0)  # 0: it was quicker than chance

    assert run(folder, **spec) == 0
    assert lines(folder) == lines(whole)
    assert timeless(metrics(folder)) == timeless(metrics(whole))


def test_a_stop_within_a_batch_makes_the_batch_again(
    folder: Path, tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = prepare(tmp_path / "whole", tiny_base)
    assert run(whole) == 0
    draws = []

    def draw(self: RowDice, logits: torch.Tensor, rows: Any) -> torch.Tensor:
        draws.append(1)
        if len(draws) == 30:
            os.kill(os.getpid(), signal.SIGTERM)
        return honest(self, logits, rows)

    honest = RowDice.draw
    with monkeypatch.context() as patch:
        patch.setattr(RowDice, "draw", draw)
        assert run(folder) == 75
    assert len(draws) in (30, 31)
    assert 0 < len(lines(folder)) < 30

    assert run(folder) == 0
    assert lines(folder) == lines(whole)
