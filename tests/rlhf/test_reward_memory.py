"""The reward program where memory or time is short: activations computed twice, products in bfloat16."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.rlhf.make import failure, manifest, metrics
from tests.rlhf.reward_runs import WEIGHTS, fill, run
from tests.rlhf.several import together
from tests.rlhf.test_reward_lora import demonstrations_mean


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path)


def made(folder: Path, **spec: Any) -> bytes:
    shutil.rmtree(folder / "output", ignore_errors=True)
    assert run(folder, **spec) == 0
    return (folder / WEIGHTS).read_bytes()


@pytest.mark.parametrize("spec", [{"form": "mask"}, {"form": "plain"}, {"form": "mask", "lora_rank": 4}])
def test_activations_computed_twice_make_the_same_weights(folder: Path, spec: dict[str, Any]):
    kept = made(folder, **spec)
    assert manifest(folder)["report"]["gradient_checkpointing"] is False
    assert made(folder, **spec, gradient_checkpointing="on") == kept
    assert manifest(folder)["report"]["gradient_checkpointing"] is True
    assert manifest(folder)["report"]["form"]["used"] == spec["form"]


@pytest.mark.parametrize(("wanted", "used"), [("auto", "mask"), ("cache", "plain")])
def test_the_cache_falls_back_and_says_why(folder: Path, wanted: str, used: str):
    made(folder, form=wanted, gradient_checkpointing="on", epochs=1, ensemble=1)
    form = manifest(folder)["report"]["form"]
    assert form["used"] == used
    assert form["why"].startswith("cache: gradient checkpointing keeps no keys and values.")


def test_a_family_that_cannot_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("transformers.LlamaForSequenceClassification.supports_gradient_checkpointing", False)
    assert run(folder, gradient_checkpointing="on") == 64
    assert failure(folder)["text"] == (
        "gradient_checkpointing: LlamaForSequenceClassification cannot do that; set it to off."
    )


def test_on_a_cpu_bfloat16_is_done_when_told_and_measures_in_float32(folder: Path):
    """As SFT does it. Zero is what the saved model gives the demonstrations, to float32's precision."""
    made(folder)
    assert manifest(folder)["report"]["precision"] == "float32"
    losses = [line["loss"] for line in metrics(folder)]
    made(folder, precision="bfloat16")
    report, found = manifest(folder)["report"], [line["loss"] for line in metrics(folder)]
    assert report["precision"] == "bfloat16"
    assert report["form"]["used"] == "cache"
    assert found != losses
    assert found == pytest.approx(losses, rel=0.05)
    assert {one.dtype for one in load_file(folder / WEIGHTS).values()} == {torch.float32}
    assert manifest(folder)["normalisation"]["zero"] == pytest.approx(demonstrations_mean(folder), rel=1e-5, abs=1e-6)


def test_a_model_in_parts_computes_its_activations_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "2")
    single, several = fill(tmp_path / "one"), fill(tmp_path / "two")
    spec = {"form": "mask", "epochs": 1, "sft_samples": 0}
    assert run(single, **spec) == 0
    assert together(2, lambda rank: run(several, **spec, gradient_checkpointing="on")) == [0, 0]
    ours, theirs = (load_file(one / WEIGHTS) for one in (several, single))
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in theirs)
