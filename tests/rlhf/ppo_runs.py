"""Runs of PPO in a test's folder, with models that are taught once."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.once import made_once
from tests.rlhf import planted, taught
from tests.rlhf.make import manifest, run_program
from workers.rlhf import ppo

SPEC = {
    "device": "cpu", "episodes": 512, "batch_size": 64, "minibatch_size": 16, "learning_rate": 1e-3,
    "value_learning_rate": 1e-3, "warmup_updates": 2, "max_prompt_tokens": 20, "max_completion_tokens": 14,
    "sample_prompts": 3,
}  # fmt: skip
SHORT = {"episodes": 64, "batch_size": 16, "minibatch_size": 8, "inner_epochs": 2}  # four updates of four steps
WEIGHTS = Path("output/model/model.safetensors")


@pytest.fixture(scope="session")
def ppo_models(tmp_path_factory):
    """policy/ and reward/: change nothing in them."""

    def make(folder):
        taught.teach_policy(folder / "policy")
        taught.teach_reward(folder / "policy", folder / "reward")

    return made_once(tmp_path_factory, "taught", make)


@pytest.fixture
def ppo_folder(tmp_path, ppo_models):
    """A run's folder with 40 prompts and the models."""
    return fill(tmp_path, ppo_models)


@pytest.fixture(scope="session")
def long_ppo(tmp_path_factory, ppo_models):
    """The folder of a finished run. Change nothing in it."""
    return made_once(tmp_path_factory, "ppo", lambda folder: _finished(folder, ppo_models))


@pytest.fixture(scope="session")
def short_ppo(tmp_path_factory, ppo_models):
    """A finished run of four updates. Change nothing in it."""
    return made_once(tmp_path_factory, "short", lambda folder: _finished(folder, ppo_models, **SHORT))


def _finished(folder, models, **changes):
    assert run(fill(folder, models), **changes) == 0


def fill(folder, models):
    given = folder / "input"
    planted.write_prompts(given, train=40)
    for name in ("policy", "reward"):
        (given / name).symlink_to(models / name)
    return folder


def run(folder, program=ppo.run, **changes):
    return run_program("ppo", program, folder, **{**SPEC, **changes})


def report_of(folder):
    return manifest(folder)["report"]


def weights(folder):
    return load_file(folder / WEIGHTS)


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)
