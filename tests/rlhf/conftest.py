"""Models that tests of the ML programs start from. Copy or link them into an input folder; change none in place."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.once import made_once
from tests.rlhf.endpoint_runs import no_other_loop, server  # noqa: F401
from tests.rlhf.make import run_program
from tests.rlhf.ppo_runs import long_ppo, ppo_folder, ppo_models, short_ppo  # noqa: F401
from tests.rlhf.sft_runs import learn  # noqa: F401
from workers.rlhf import pretrain

# About 40,000 parameters: it has learned that replies end, and little else.
TINY: dict[str, Any] = {
    "vocabulary": 400, "width": 32, "layers": 2, "heads": 2, "context": 192, "dialogues": 300, "steps": 40,
    "batch_size": 8, "learning_rate": 1e-2, "device": "cpu",
}  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads, and these wait for each other where cores are busy."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished pretrain run: input/, output/{model, manifest.json, metrics.jsonl}."""

    def make(folder: Path) -> None:
        assert run_program("pretrain", pretrain.run, folder, **TINY) == 0

    return made_once(tmp_path_factory, "pretrain", make)


@pytest.fixture(scope="session")
def tiny_base(tiny_run: Path) -> Path:
    """The model folder of a tiny Llama base: config.json, model.safetensors, tokenizer files, manifest.json."""
    return tiny_run / "output" / "model"
