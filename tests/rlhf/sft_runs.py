"""SFT runs in a temporary folder: a few demonstrations of one reply, on a tiny base."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.rlhf.make import demonstration, run_program, write
from workers.rlhf import sft
from workers.rlhf.language.batches import collate
from workers.rlhf.language.loading import load_policy, load_tokenizer, locate
from workers.rlhf.language.render import Renderer
from workers.rlhf.learning.optimise import completion_loss

CPU = torch.device("cpu")
QUICK: dict[str, Any] = {"device": "cpu", "epochs": 8, "batch_size": 4, "learning_rate": 1e-2, "dropout": 0.0}
REPLY = "Blue, and only blue."
TAUGHT = [demonstration(str(number), f"Which colour is number {number}?", REPLY) for number in range(8)]
ASIDE = demonstration("aside", "Which colour is number 12?", REPLY, split="validation")
FORBIDDEN = demonstration("test", "Which colour is number 13?", "Red.", split="test")

Learn = Callable[..., int]


@pytest.fixture
def learn(tiny_base: Path, tmp_path: Path) -> Learn:
    """Runs sft on demonstrations in tmp_path; returns its exit code."""

    def run(demonstrations: list[Any], **spec: Any) -> int:
        write(tmp_path / "input" / "demonstrations.jsonl", demonstrations)
        if not (tmp_path / "input" / "base").exists():
            (tmp_path / "input" / "base").symlink_to(tiny_base)
        return run_program("sft", sft.run, tmp_path, **{**QUICK, **spec})

    return run


def loss_of(folder: Path, text: str, reply: str) -> float:
    """Nats a token of `reply` under the model that a run made."""
    place = locate("model", str(folder), folder)
    renderer = Renderer(load_tokenizer(place))
    pair = (renderer.prompt_ids([{"role": "user", "content": text}]), renderer.completion_ids(reply))
    with torch.no_grad():
        return completion_loss(load_policy(place, CPU), collate([pair], renderer.pad_id)).item() / len(pair[1])
