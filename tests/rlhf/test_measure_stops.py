"""A stop in the midst of a measurement, wherever that is, ends it at once and loses no step that was taken before it.

What is measured is whatever a model forwards without a gradient: the replies to validation prompts and their scores, losses
and rewards of held-out texts, PPO's rollouts and its looks before and after, what a report card asks.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.modules.module import register_module_forward_pre_hook
from transformers import LlamaModel

from tests.once import made_once
from tests.rlhf.bad_runs import SMALL, fill, run, write_judge
from tests.rlhf.make import manifest, metrics
from tests.rlhf.several import together
from workers.rlhf.learning import optimise
from workers.rlhf.preference import portions

# Checkpoints are far apart, so that only a stop's own one can hold the steps before it.
RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "pretrain": ("pretrain", {}),
    "sft": ("sft", {"reward": "reward", "dropout": 0.2, "max_completion_tokens": 8}),
    "reward": ("reward", {"sft_samples": 4, "curve": 1}),
    "ppo": ("ppo", {}),
    "ppo to its KL stop": ("ppo", {"kl_stop": 1e-3, "learning_rate": 0.05, "warmup_updates": 0, "episodes": 24}),
}
WEIGHTS = Path("output/model/model.safetensors")
BESIDE = 2  # forwards that belong to the one in hand: PPO's reference and value model read the same texts


def filled(program: str, folder: Path) -> Path:
    fill(program, folder)
    given = folder / "input"
    if program == "sft":
        write_judge(given / "base", given / "reward")
        lines = given / "demonstrations.jsonl"
        lines.write_bytes(lines.read_bytes() + lines.read_bytes().replace(b'"train"', b'"validation"'))
    if program == "reward":
        write_judge(given / "policy", given / "previous")
    return folder


@contextmanager
def counted(hear: Callable[[int], None] = lambda count: None) -> Iterator[Counter[str]]:
    """How many forwards learn, and how many measure, of which `hear` is told. Little goes into each, so that there are
    several."""
    found: Counter[str] = Counter()

    def forward(module: torch.nn.Module, _: Any) -> None:
        if isinstance(module, LlamaModel):
            found["learn" if torch.is_grad_enabled() else "measure"] += 1
            if not torch.is_grad_enabled():
                hear(found["measure"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimise, "LOGITS_IN_FLIGHT", 1_000)
        patch.setattr(portions, "TOKENS_AT_ONCE_ON_CPU", 100)
        hook = register_module_forward_pre_hook(forward)
        try:
            yield found
        finally:
            hook.remove()


@pytest.fixture(params=RUNS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Counter[str]]:
    """The name of a run, its folder when nobody disturbed it, and how many forwards that took."""
    program, spec = RUNS[request.param]

    def make(folder: Path) -> None:
        with counted() as found:
            assert run(program, filled(program, folder), **spec) == 0
        (folder / "forwards.json").write_text(json.dumps(found))

    folder = made_once(tmp_path_factory, f"measured {request.param}", make)
    return request.param, folder, Counter(json.loads((folder / "forwards.json").read_text()))


@pytest.mark.parametrize("part", [0.1, 0.35, 0.6, 0.85, 1.0])
def test_a_stop_ends_a_measurement_and_loses_nothing(
    whole: tuple[str, Path, Counter[str]], tmp_path: Path, part: float
):
    name, undisturbed, forwards = whole
    program, spec = RUNS[name]
    last = ceil(part * forwards["measure"])

    def stopped(job: Any) -> Any:
        with counted(lambda count: job.stop.set() if count == last else None) as found:
            try:
                return SMALL[program].run(job)
            finally:
                before.update(found)

    before: Counter[str] = Counter()
    assert run(program, filled(program, tmp_path), stopped, **spec) == 75
    assert last <= before["measure"] <= last + BESIDE
    with counted() as after:
        assert run(program, tmp_path, **spec) == 0

    assert before["learn"] + after["learn"] == forwards["learn"]
    assert (tmp_path / WEIGHTS).read_bytes() == (undisturbed / WEIGHTS).read_bytes()
    assert metrics(tmp_path) == metrics(undisturbed)
    assert manifest(tmp_path)["report"] == manifest(undisturbed)["report"]


def test_two_processes_end_a_measurement_as_one(tmp_path: Path):
    """Only one of them is asked."""
    program, spec = RUNS["sft"]
    undisturbed, stopped = (filled(program, tmp_path / name) for name in ("undisturbed", "stopped"))
    forwards = tmp_path / "forwards.json"

    def count(rank: int) -> int:
        with counted() as found:
            code = run(program, undisturbed, **spec)
        if rank == 1:
            forwards.write_text(json.dumps(found["measure"]))
        return code

    def disturbed(rank: int) -> int:
        last = json.loads(forwards.read_text()) // 2

        def work(job: Any) -> Any:
            with counted(lambda count: job.stop.set() if (rank, count) == (1, last) else None):
                return SMALL[program].run(job)

        return run(program, stopped, work, **spec)

    def go_on(rank: int) -> int:
        with counted():
            return run(program, stopped, **spec)

    assert together(2, count) == [0, 0]
    assert together(2, disturbed) == [75, 75]
    assert together(2, go_on) == [0, 0]

    assert (stopped / WEIGHTS).read_bytes() == (undisturbed / WEIGHTS).read_bytes()
    assert metrics(stopped) == metrics(undisturbed)
