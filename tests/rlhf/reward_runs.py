"""Runs of the reward program on a small planted language."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tests.rlhf import planted
from tests.rlhf.make import run_program
from workers.rlhf import reward
from workers.rlhf.frame.program import Job, Outcome
from workers.rlhf.language.loading import load_reward, load_tokenizer, locate
from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.preference.scoring import score

SPEC = {"batch_size": 8, "epochs": 2, "learning_rate": 1e-3, "bootstrap": 100, "device": "cpu", "sft_samples": 8}
STEPS = 6  # 24 prompts at most, by 8, twice
WEIGHTS = Path("output/model/model.safetensors")


def fill(folder: Path) -> Path:
    """A run's folder with rankings of mixed K, demonstrations and an untrained policy of about 10,000 parameters."""
    given = folder / "input"
    planted.write_rankings(given, train=24, validation=12, sizes=(9, 4, 5))
    planted.write_demonstrations(given, train=5)
    planted.tiny_policy(given / "policy", width=16)
    return folder


def run(folder: Path, program: Callable[[Job], Outcome] = reward.run, **changes: Any) -> int:
    return run_program("reward", program, folder, **{**SPEC, **changes})


def renderer_of(folder: Path) -> Renderer:
    return Renderer(load_tokenizer(locate("model", str(folder), folder)))


def scores_of(
    folder: Path, prompts: Sequence[str], texts: Sequence[str]
) -> tuple[Tensor, PreTrainedModel, list[tuple[Ids, Ids]]]:
    """Raw rewards by this project's own loader, the model, and the (prompt, completion) tokens."""
    renderer = renderer_of(folder)
    model = load_reward(locate("model", str(folder), folder), torch.device("cpu"))
    messages = [[{"role": "user", "content": prompt}] for prompt in prompts]
    pairs = [(renderer.prompt_ids(m), renderer.completion_ids(text)) for m, text in zip(messages, texts, strict=True)]
    return score(model, pairs, renderer.pad_id), model, pairs
