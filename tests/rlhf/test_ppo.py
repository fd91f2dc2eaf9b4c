"""The PPO program: it finds a planted reward and says what it did; kl_stop ends it in time."""

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.rlhf import taught
from tests.rlhf.make import manifest, metrics
from tests.rlhf.ppo_runs import SPEC, WEIGHTS, report_of, run, same, weights
from workers.rlhf.language.loading import load_reward, load_tokenizer, locate
from workers.rlhf.language.render import Renderer
from workers.rlhf.preference import scoring

METRICS = {
    "step", "steps_total", "reward", "kl", "objective", "length", "eos_rate", "entropy", "policy_loss", "value_loss",
    "clip_fraction", "ratio_first", "approx_kl", "learning_rate",
}  # fmt: skip


# What it learns


def test_the_planted_reward_is_found(long_ppo):
    report = report_of(long_ppo)
    assert report["reward_after"] > report["reward_before"] + 1
    truly = [sum(taught.worth(sample[when]) for sample in report["samples"]) for when in ("before", "after")]
    assert truly[1] > truly[0]
    rewards = [line["reward"] for line in metrics(long_ppo)]
    assert sum(rewards[-2:]) / 2 > sum(rewards[:2]) / 2 + 1


def test_the_kl_is_paid_for_and_reported(long_ppo):
    lines, report = metrics(long_ppo), report_of(long_ppo)
    assert abs(lines[0]["kl"]) < 1e-5
    assert lines[-1]["kl"] > 0.1
    assert 0.1 < report["kl"] < SPEC.get("kl_stop", 15)
    for line in lines:
        assert line["objective"] == pytest.approx(line["reward"] - 0.02 * line["kl"])


def test_a_larger_beta_stays_nearer_to_the_sft_policy(long_ppo, ppo_folder):
    assert run(ppo_folder, beta=2.0) == 0
    assert report_of(ppo_folder)["kl"] < report_of(long_ppo)["kl"] / 2


def test_every_update_starts_at_ratio_1_and_says_its_numbers(long_ppo):
    lines = metrics(long_ppo)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6, 7, 8]
    for line in lines:
        assert set(line) == METRICS
        assert line["ratio_first"] == pytest.approx(1, abs=1e-5)
        assert line["steps_total"] == 8
    assert [line["learning_rate"] for line in lines[:3]] == [5e-4, 1e-3, 1e-3]


def test_the_report_shows_what_the_models_say(long_ppo, ppo_models):
    report = report_of(long_ppo)
    assert (report["updates"], report["kept_update"], report["episodes"], report["stopped"]) == (8, 8, 512, "episodes")
    assert (report["prompts"], report["left_out"], report["value_from"]) == (40, {}, "reward")
    assert report["eos_before"] > 0.9
    assert report["length_before"] == pytest.approx(7.5, abs=1.5)  # 2..6 words, two dishes, EOS
    assert len({sample["prompt_uid"] for sample in report["samples"]}) == 3
    place = locate("reward", str(ppo_models / "reward"), ppo_models)
    renderer = Renderer(load_tokenizer(place))
    for sample in report["samples"]:
        pair = renderer.prompt_ids(sample["messages"]), renderer.completion_ids(sample["after"])
        raw = scoring.score(load_reward(place, torch.device("cpu")), [pair], renderer.pad_id)
        assert sample["reward_after"] == pytest.approx((raw.item() - taught.ZERO) / taught.SCALE, abs=1e-5)


def test_what_is_saved_is_a_policy_and_its_manifest(long_ppo, ppo_models):
    model = AutoModelForCausalLM.from_pretrained(long_ppo / "output/model")
    assert sum(one.numel() for one in model.parameters()) == manifest(long_ppo)["parameters"]
    assert set(manifest(long_ppo)["inputs"]) == {"policy", "reward", "prompts.jsonl"}
    assert (long_ppo / "output/model/manifest.json").read_bytes() == (long_ppo / "output/manifest.json").read_bytes()
    old, new = load_file(ppo_models / "policy/model.safetensors"), load_file(long_ppo / WEIGHTS)
    assert all(not torch.equal(old[name], new[name]) for name in old)
    assert not (long_ppo / "output/checkpoint").exists()


# The KL stop


def test_a_run_over_kl_stop_ends_and_keeps_the_policy_before(ppo_folder):
    assert run(ppo_folder, kl_stop=0.5, ema=0) == 0
    report, lines = report_of(ppo_folder), metrics(ppo_folder)
    assert report["stopped"] == "kl"
    assert lines[-1]["kl"] > 0.5 >= max(line["kl"] for line in lines[:-1])
    assert "policy_loss" not in lines[-1]  # nothing was learned from it
    assert report["updates"] == len(lines) - 1 < 8
    assert report["kept_update"] == report["updates"] - 1
    assert report["kl"] < lines[-1]["kl"]


def test_the_last_update_is_looked_at_too(ppo_folder, ppo_models):
    """One update: no rollout after it would see that it went too far, so nothing but the SFT policy is left to keep."""
    assert run(ppo_folder, episodes=64, learning_rate=2e-2, warmup_updates=0, kl_stop=0.2, ema=0) == 0
    report = report_of(ppo_folder)
    assert (report["stopped"], report["updates"], report["kept_update"]) == ("kl", 1, 0)
    assert abs(report["kl"]) < 1e-5
    assert report["reward_after"] == pytest.approx(report["reward_before"], abs=1e-5)
    assert same(weights(ppo_folder), load_file(ppo_models / "policy/model.safetensors"))
