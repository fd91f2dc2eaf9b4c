"""Small runs of every program, and the ways in which what they read can be bad."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from tests.rlhf import planted
from tests.rlhf.make import run_program
from workers.rlhf import generate, ppo, pretrain, reward, sft
from workers.rlhf.language.loading import load_reward, load_tokenizer, locate, save_model
from workers.rlhf.language.render import Renderer

Damage = Callable[[Path], object]


@dataclass(frozen=True)
class Small:
    """A program's quick run: `model` is the folder that it starts from, `data` the file that it reads."""

    run: Callable[[Any], Any]
    data: str
    model: str
    spec: dict[str, Any]

    @property
    def field(self) -> str:
        return "policy" if self.run is ppo.run else "model"


SMALL = {
    "pretrain": Small(
        pretrain.run, "dialogues.jsonl", "",
        {"vocabulary": 300, "width": 16, "layers": 1, "heads": 2, "context": 192, "dialogues": 50, "steps": 2, "batch_size": 4},
    ),
    "sft": Small(sft.run, "demonstrations.jsonl", "base", {"epochs": 2, "batch_size": 2, "dropout": 0.0}),
    "reward": Small(
        reward.run, "rankings.jsonl", "policy",
        {"batch_size": 4, "epochs": 2, "bootstrap": 100, "sft_samples": 0, "min_comparisons": 1},
    ),
    "ppo": Small(
        ppo.run, "prompts.jsonl", "policy",
        {"episodes": 16, "batch_size": 8, "minibatch_size": 4, "max_prompt_tokens": 20, "max_completion_tokens": 6, "sample_prompts": 2},
    ),
    "generate": Small(
        generate.run, "prompts.jsonl", "policy", {"samples": 2, "batch_size": 4, "max_completion_tokens": 6}
    ),
}  # fmt: skip


def fill(program: str, folder: Path) -> Path:
    """What the program reads, all of it good."""
    given, small = folder / "input", SMALL[program]
    given.mkdir(parents=True)
    if program == "pretrain":
        turns = [{"role": "user", "content": "Are you open?"}, {"role": "assistant", "content": "Yes, until six."}]
        (given / small.data).write_text(f"{json.dumps({'messages': turns})}\n" * 20)
        return folder
    planted.tiny_policy(given / small.model, width=8, layers=1)
    match program:
        case "sft":
            planted.write_demonstrations(given, train=8)
        case "reward":
            planted.write_rankings(given, train=8, validation=4)
        case "ppo" | "generate":
            planted.write_prompts(given, train=8)
    if program == "ppo":
        write_judge(given / "policy", given / "reward")
    return folder


def write_judge(policy: Path, folder: Path) -> None:
    """A reward model that was taught nothing."""
    place = locate("policy", str(policy), policy)
    torch.manual_seed(0)
    save_model(folder, load_reward(place, torch.device("cpu")), Renderer(load_tokenizer(place)))
    (folder / "manifest.json").write_text(json.dumps({"normalisation": {"zero": 0.0, "scale": 1.0}}))


def run(program: str, folder: Path, work: Callable[[Any], Any] | None = None, **changes: Any) -> int:
    small = SMALL[program]
    return run_program(program, work or small.run, folder, **{"device": "cpu", **small.spec, **changes})


def stopping_after(program: str, step: int) -> Callable[[Any], Any]:
    """The program, told to stop once that step is logged."""

    def work(job: Any) -> Any:
        honest = job.log

        def log(number: int, total: int, /, **numbers: float) -> None:
            honest(number, total, **numbers)
            if number >= step:
                job.stop.set()

        job.log = log
        return SMALL[program].run(job)

    return work


def cut(name: str, size: int = 100) -> Damage:
    """The file ends after `size` bytes, as a copy that was broken off does."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes()[:size])

    return damage


def spoiled(path: Path) -> None:
    """Half of it is zeros, as of a disk that lost them: more than the padding that nobody reads."""
    whole = path.read_bytes()
    quarter = len(whole) // 4
    path.write_bytes(whole[:quarter] + bytes(2 * quarter) + whole[3 * quarter :])


def not_a_number(folder: Path) -> None:
    """One weight of the last norm is none."""
    weights = folder / "model.safetensors"
    state = load_file(weights)
    state["model.norm.weight"][0] = float("nan")
    save_file(state, weights, metadata={"format": "pt"})


def configured(**settings: Any) -> Damage:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))

    return change
