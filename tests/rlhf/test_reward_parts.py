"""A reward model of which each of two processes holds a part (FSDP2) learns what a whole one does."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.rlhf import planted, reward_runs
from tests.rlhf.card_runs import write_tastes
from tests.rlhf.families import FAMILIES, PAD, reward_model
from tests.rlhf.make import failure, manifest, metrics
from tests.rlhf.reward_runs import WEIGHTS
from tests.rlhf.several import together
from tests.rlhf.test_processes import assert_same_learning, at_step
from workers.rlhf.frame import processes, sharding
from workers.rlhf.language.loading import count_parameters
from workers.rlhf.preference.forms import MASK, PLAIN, Form
from workers.rlhf.preference.groups import Asked

SHORT: dict[str, Any] = {"batch_size": 7, "epochs": 1}  # the last batch has 3 prompts for 2 processes
FURTHER: dict[str, Any] = {**SHORT, "folds": 2, "curve": 1, "ensemble": 1}


@pytest.fixture(autouse=True)
def shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to both kinds of run: one process alone keeps its model whole."""
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "2")


def assert_same_rewards(several: Path, single: Path) -> None:
    found, expected = manifest(several), manifest(single)
    assert found["normalisation"] == pytest.approx(expected["normalisation"], abs=1e-5)
    assert found["parameters"] == expected["parameters"]
    prompts = ["What is red?", "Which of the two colours is it, and why?"]
    texts = ["Blue.", "red red red red"]
    scores = [reward_runs.scores_of(one / "output/model", prompts, texts)[0] for one in (several, single)]
    torch.testing.assert_close(scores[0], scores[1], atol=1e-4, rtol=0)


@pytest.mark.parametrize(("form", "ties"), [("plain", "drop"), ("mask", "davidson")])
def test_in_parts_it_learns_what_a_whole_one_does(tmp_path: Path, form: str, ties: str):
    single, several = reward_runs.fill(tmp_path / "one"), reward_runs.fill(tmp_path / "two")
    assert reward_runs.run(single, form=form, ties=ties, **SHORT) == 0

    def work(rank: int) -> int:
        held = []
        honest = sharding.spread

        def spread(model: torch.nn.Module, *called: torch.nn.Module) -> None:
            honest(model, *called)
            held.append(sum(one.to_local().numel() for one in model.parameters()) / count_parameters(model))

        pytest.MonkeyPatch().setattr(sharding, "spread", spread)
        code = reward_runs.run(several, form=form, ties=ties, **SHORT)
        assert held
        assert held[0] < 0.55, "each holds half of it"
        return code

    assert together(2, work) == [0, 0]
    assert_same_learning(several, single)
    assert_same_rewards(several, single)
    assert manifest(several)["report"]["form"]["used"] == form
    assert not (several / "output/checkpoint").exists()


def test_it_takes_the_mask_where_the_cache_cannot_be_and_says_why(tmp_path: Path):
    whole, parts = reward_runs.fill(tmp_path / "whole"), reward_runs.fill(tmp_path / "parts")
    assert reward_runs.run(whole, **SHORT) == 0
    assert manifest(whole)["report"]["form"]["used"] == "cache"

    assert together(2, lambda rank: reward_runs.run(parts, **SHORT)) == [0, 0]
    form = manifest(parts)["report"]["form"]
    assert form["used"] == "mask"
    assert form["why"].startswith("cache: all processes forward a model in parts as often")
    assert_same_learning(parts, whole)


def test_a_stopped_run_goes_on_in_parts_or_whole(tmp_path: Path):
    """One process alone is told to stop: while the model learns, and then while a further training goes on."""
    whole, stopped = reward_runs.fill(tmp_path / "whole"), reward_runs.fill(tmp_path / "stopped")
    assert together(2, lambda rank: reward_runs.run(whole, form="mask", **FURTHER)) == [0, 0]
    for step in (2, 6):  # of the model itself, and of a smaller share's

        def work(rank: int, step: int = step) -> int:
            at_step(step, 1, lambda job: job.stop.set())
            return reward_runs.run(stopped, form="mask", **FURTHER)

        assert together(2, work) == [75, 75]
        assert metrics(stopped)[-1]["step"] == step
    in_parts, by_one = (shutil.copytree(stopped, tmp_path / name) for name in ("in parts", "by one"))
    assert together(2, lambda rank: reward_runs.run(in_parts, form="mask", **FURTHER)) == [0, 0]
    assert (in_parts / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert manifest(in_parts)["report"] == manifest(whole)["report"]
    assert together(1, lambda rank: reward_runs.run(by_one, form="mask", **FURTHER)) == [0]
    for again in (in_parts, by_one):
        assert_same_learning(again, whole)
        assert_same_rewards(again, whole)


def test_further_trainings_say_what_those_of_one_process_do(tmp_path: Path):
    single, several = (_of_three_labelers(tmp_path / name) for name in ("one", "two"))
    assert reward_runs.run(single, form="mask", **FURTHER) == 0
    assert together(2, lambda rank: reward_runs.run(several, form="mask", **FURTHER)) == [0, 0]
    assert_same_learning(several, single)
    found, expected = (manifest(one)["report"]["card"] for one in (several, single))
    assert found["folds"]["left_out"] == pytest.approx(expected["folds"]["left_out"], abs=0.02)
    assert found["folds"]["folds"] == 2
    assert len(found["learning_curve"]["points"]) == 2
    assert found["ensemble"]["spread"] == pytest.approx(expected["ensemble"]["spread"], abs=1e-3)


def _of_three_labelers(folder: Path) -> Path:
    write_tastes(folder / "input", train=24, validation=12, people=("ann", "ben", "dan"), contrary=["dan"])
    planted.tiny_policy(folder / "input/policy", width=16)
    return folder


# GPT-2's is a view of what it computed. Nothing is done to it in place: the forms pick states from it.
@pytest.mark.filterwarnings("ignore:FSDP2-wrapped module .* returned a view tensor")
def test_every_familys_gradients_are_those_of_a_whole_model(tmp_path: Path):
    """One process has two texts, the other one: all of them together are what a single process has."""
    groups = [Asked([4, 5, 6], [[7, 1]]), Asked([8, 9], [[10, 11, 1], [12, 1]]), Asked([13], [[14, 15, 16, 1]])]
    expected = {(family, form): _gradients(family, form, groups) for family in FAMILIES for form in (PLAIN, MASK)}

    def work(rank: int) -> int:
        with processes.joined():
            for (family, form), whole in expected.items():
                found = _gradients(family, form, groups)
                assert found.keys() == whole.keys()
                if rank == 0:
                    for name, gradient in found.items():
                        torch.testing.assert_close(gradient, whole[name], atol=1e-5, rtol=1e-4, msg=f"{family} {name}")
        return 0

    assert together(2, work) == [0, 0]


def _gradients(family: str, form: Form, groups: list[Asked]) -> dict[str, torch.Tensor]:
    """Of the sum of the squared rewards, each process having its share of the groups."""
    model = reward_model(family)
    sharding.spread(model, model.base_model, model.score)
    assert sharding.is_sharded(model) == (processes.count() > 1)
    parts = [[one] for one in processes.share(groups)]
    for part, counts in sharding.in_step(model, parts, groups[:1]):
        (counts * form.rewards(model, part, PAD).square().sum()).backward()
    return {name: sharding.whole(one.grad) for name, one in model.named_parameters() if one.grad is not None}


def test_adapters_do_not_lie_in_parts(tmp_path: Path):
    folder = reward_runs.fill(tmp_path)
    assert together(2, lambda rank: reward_runs.run(folder, lora_rank=2)) == [64, 64]
    assert failure(folder)["text"].startswith("lora_rank: adapters do not lie in parts")
    assert not (folder / "output/model").exists()
