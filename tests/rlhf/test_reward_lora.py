"""A reward model by LoRA: its head is learned whole and saved, and whoever loads it gets the scores of the run."""

import shutil
from pathlib import Path
from random import Random

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.rlhf import planted
from tests.rlhf.make import manifest, metrics
from tests.rlhf.reward_runs import WEIGHTS, fill, run, scores_of
from workers.rlhf.frame.checkpoint import read_checkpoint
from workers.rlhf.frame.job import Job

LORA = {"lora_rank": 4, "learning_rate": 1e-2}
ASKED = ["please we like food in winter", "please we like food in july"]
TEXTS = ["soup stew and broth", "ices and melon"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path)


def test_the_saved_scores_are_the_runs(folder: Path):
    """trl#381. Zero is the mean raw reward of the demonstrations, which the run measured before it merged and saved."""
    assert run(folder, **LORA) == 0

    report = manifest(folder)["report"]
    assert report["lora"]["rank"] == 4
    assert report["lora"]["learned_parameters"] < report["lora"]["parameters"] == manifest(folder)["parameters"]
    untouched = planted_policy(folder)
    made, model, _ = scores_of(folder / "output" / "model", ASKED, TEXTS)
    assert not any("lora" in name or "modules_to_save" in name for name in model.state_dict())
    assert torch.isfinite(made).all()
    assert not torch.equal(model.base_model.layers[0].self_attn.q_proj.weight, untouched)
    mean = demonstrations_mean(folder)
    assert manifest(folder)["normalisation"]["zero"] == pytest.approx(mean, rel=1e-3, abs=1e-4)


def planted_policy(folder: Path) -> torch.Tensor:
    base = AutoModelForCausalLM.from_pretrained(folder / "input" / "policy")
    weight: torch.Tensor = base.model.layers[0].self_attn.q_proj.weight
    return weight


def demonstrations_mean(folder: Path) -> float:
    chance = Random(1)
    said = [(planted.prompt_text(chance), planted.completion_text(chance)) for _ in range(5)]
    scores, _, _ = scores_of(folder / "output" / "model", *zip(*said, strict=True))
    return float(scores.mean())


def test_a_killed_run_goes_on_to_the_same_weights(folder: Path, monkeypatch: pytest.MonkeyPatch):
    assert run(folder, **LORA, checkpoint_every=2) == 0
    whole, curve = (folder / WEIGHTS).read_bytes(), metrics(folder)
    shutil.rmtree(folder / "output")

    def pull_the_plug(job: Job, step: int, total: int, /, **numbers: float) -> None:
        if step == 4:
            raise ZeroDivisionError("pulled the plug")
        honest(job, step, total, **numbers)

    honest = Job.log
    with monkeypatch.context() as patch:
        patch.setattr(Job, "log", pull_the_plug)
        assert run(folder, **LORA, checkpoint_every=2) == 1
    held = read_checkpoint(folder / "output/checkpoint/state.pt")["state"]["model"]
    assert {name.rpartition(".lora_")[1] or name for name in held} == {".lora_", "score.modules_to_save.default.weight"}
    assert run(folder, **LORA, checkpoint_every=2) == 0

    assert (folder / WEIGHTS).read_bytes() == whole
    assert metrics(folder) == curve
