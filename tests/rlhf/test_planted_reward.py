"""Planted truth: a preference that no word and no length carries is learned, and only where it is there."""

import json

import pytest

from tests.rlhf import planted
from tests.rlhf.make import manifest, run_program
from workers.rlhf import reward

# Measured with these settings: 100 % on held-out prompts with each of four seeds of language, model and order.
SPEC = {"batch_size": 16, "learning_rate": 1e-3, "bootstrap": 500, "device": "cpu", "threads": 1}


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("policy")
    planted.tiny_policy(folder)
    return folder


@pytest.fixture
def train(tmp_path, policy):
    """Trains a reward model on a planted language; returns its manifest."""

    def through(*, epochs, **rankings):
        planted.write_rankings(tmp_path / "input", **rankings)
        (tmp_path / "input/policy").symlink_to(policy)
        assert run_program("reward", reward.run, tmp_path, **SPEC, epochs=epochs) == 0
        return manifest(tmp_path)

    return through


def test_the_preference_is_learned_on_prompts_never_seen(train):
    made = train(train=400, validation=120, epochs=5)
    report = made["report"]
    assert 200_000 < made["parameters"] < 500_000
    assert report["held_out"]["accuracy"] > 0.9
    assert report["held_out"]["low"] > 0.85
    for baseline in ("length", "bag_of_words"):
        assert report["baselines"][baseline]["pairs"] == report["held_out"]["pairs"]
        assert abs(report["baselines"][baseline]["accuracy"] - 0.5) < 0.08
    json.dumps(report, allow_nan=False)


def test_shuffled_labels_leave_it_at_chance(train):
    report = train(train=250, validation=150, shuffled=True, epochs=3)["report"]
    assert report["held_out"]["low"] <= 0.5 <= report["held_out"]["high"]
    assert report["held_out"]["high"] - report["held_out"]["low"] < 0.15


def test_eight_prompts_are_learned_by_heart(train):
    """trlx#338: a trainer that cannot overfit is broken. The labels are shuffled, so nothing else is to be learned."""
    report = train(train=8, shuffled=True, epochs=60)["report"]
    assert report["train"]["accuracy"] == 1
