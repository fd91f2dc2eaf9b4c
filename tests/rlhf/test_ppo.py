"""The PPO program: it finds a planted reward, says what it did, goes on after a stop, and refuses what it cannot use."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, GraniteConfig, GraniteForCausalLM

from apps.training.domain.specs import parse_spec
from tests.rlhf import planted, taught
from tests.rlhf.make import failure, manifest, metrics, prompt, run_program, write
from workers.rlhf import ppo, scoring
from workers.rlhf.loading import load_reward, load_tokenizer, locate
from workers.rlhf.program import Job
from workers.rlhf.render import Renderer

SPEC = {
    "device": "cpu", "episodes": 512, "batch_size": 64, "minibatch_size": 16, "learning_rate": 1e-3,
    "value_learning_rate": 1e-3, "warmup_updates": 2, "max_prompt_tokens": 20, "max_completion_tokens": 14,
    "sample_prompts": 3,
}  # fmt: skip
SHORT = {"episodes": 64, "batch_size": 16, "minibatch_size": 8}  # four updates of two steps
WEIGHTS = Path("output/model/model.safetensors")
METRICS = {
    "step", "steps_total", "reward", "kl", "objective", "length", "eos_rate", "entropy", "policy_loss", "value_loss",
    "clip_fraction", "ratio_first", "approx_kl", "learning_rate",
}  # fmt: skip


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """policy/ and reward/: change nothing in them."""
    folder = tmp_path_factory.mktemp("taught")
    taught.teach_policy(folder / "policy")
    taught.teach_reward(folder / "policy", folder / "reward")
    return folder


def fill(folder, models):
    given = folder / "input"
    planted.write_prompts(given, train=40)
    for name in ("policy", "reward"):
        (given / name).symlink_to(models / name)
    return folder


def run(folder, program=ppo.run, **changes):
    return run_program("ppo", program, folder, **{**SPEC, **changes})


@pytest.fixture
def folder(tmp_path, models):
    return fill(tmp_path, models)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, models):
    """The folder of a finished run. Change nothing in it."""
    folder = fill(tmp_path_factory.mktemp("ppo"), models)
    assert run(folder) == 0
    return folder


@pytest.fixture(scope="session")
def short(tmp_path_factory, models):
    """A finished run of four updates. Change nothing in it."""
    folder = fill(tmp_path_factory.mktemp("short"), models)
    assert run(folder, **SHORT, inner_epochs=2) == 0
    return folder


def report_of(folder):
    return manifest(folder)["report"]


# What it learns


def test_the_planted_reward_is_found(finished):
    report = report_of(finished)
    assert report["reward_after"] > report["reward_before"] + 1
    truly = [sum(taught.worth(sample[when]) for sample in report["samples"]) for when in ("before", "after")]
    assert truly[1] > truly[0]
    rewards = [line["reward"] for line in metrics(finished)]
    assert sum(rewards[-2:]) / 2 > sum(rewards[:2]) / 2 + 1


def test_the_kl_is_paid_for_and_reported(finished):
    lines, report = metrics(finished), report_of(finished)
    assert abs(lines[0]["kl"]) < 1e-5
    assert lines[-1]["kl"] > 0.1
    assert 0.1 < report["kl"] < SPEC.get("kl_stop", 15)
    for line in lines:
        assert line["objective"] == pytest.approx(line["reward"] - 0.02 * line["kl"])


def test_a_larger_beta_stays_nearer_to_the_sft_policy(finished, folder):
    assert run(folder, beta=2.0) == 0
    assert report_of(folder)["kl"] < report_of(finished)["kl"] / 2


def test_every_update_starts_at_ratio_1_and_says_its_numbers(finished):
    lines = metrics(finished)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6, 7, 8]
    for line in lines:
        assert set(line) == METRICS
        assert line["ratio_first"] == pytest.approx(1, abs=1e-5)
        assert line["steps_total"] == 8
    assert [line["learning_rate"] for line in lines[:3]] == [5e-4, 1e-3, 1e-3]


def test_the_report_shows_what_the_models_say(finished, models):
    report = report_of(finished)
    assert (report["updates"], report["kept_update"], report["episodes"], report["stopped"]) == (8, 8, 512, "episodes")
    assert (report["prompts"], report["left_out"], report["value_from"]) == (40, {}, "reward")
    assert report["eos_before"] > 0.9
    assert report["length_before"] == pytest.approx(7.5, abs=1.5)  # 2..6 words, two dishes, EOS
    assert len({sample["prompt_uid"] for sample in report["samples"]}) == 3
    place = locate("reward", str(models / "reward"), models)
    renderer = Renderer(load_tokenizer(place))
    for sample in report["samples"]:
        pair = renderer.prompt_ids(sample["messages"]), renderer.completion_ids(sample["after"])
        raw = scoring.score(load_reward(place, torch.device("cpu")), [pair], renderer.pad_id)
        assert sample["reward_after"] == pytest.approx((raw.item() - taught.ZERO) / taught.SCALE, abs=1e-5)


def test_what_is_saved_is_a_policy_and_its_manifest(finished, models):
    model = AutoModelForCausalLM.from_pretrained(finished / "output/model")
    assert sum(one.numel() for one in model.parameters()) == manifest(finished)["parameters"]
    assert set(manifest(finished)["inputs"]) == {"policy", "reward", "prompts.jsonl"}
    assert (finished / "output/model/manifest.json").read_bytes() == (finished / "output/manifest.json").read_bytes()
    old, new = load_file(models / "policy/model.safetensors"), load_file(finished / WEIGHTS)
    assert all(not torch.equal(old[name], new[name]) for name in old)
    assert not (finished / "output/checkpoint").exists()


# The seed, and stops


def weights(folder):
    return load_file(folder / WEIGHTS)


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_the_same_seed_gives_the_same_weights_and_another_others(short, folder, tmp_path_factory, models):
    assert run(folder, **SHORT, inner_epochs=2) == 0
    assert same(weights(folder), weights(short))
    other = fill(tmp_path_factory.mktemp("other"), models)
    assert run(other, **SHORT, inner_epochs=2, seed=1) == 0
    assert not same(weights(other), weights(short))


@pytest.mark.parametrize("update", [1, 3])
def test_a_stopped_run_goes_on_to_the_same_end(short, folder, update):
    def program(job: Job):
        log = job.log

        def hear(number, total, /, **numbers):
            log(number, total, **numbers)
            if number == update:
                job.stop.set()

        job.log = hear
        return ppo.run(job)

    assert run(folder, program, **SHORT, inner_epochs=2) == 75
    assert len(metrics(folder)) == update
    torch.rand(3)  # whatever else the process did
    assert run(folder, **SHORT, inner_epochs=2) == 0
    assert same(weights(folder), weights(short))
    assert metrics(folder) == metrics(short)
    assert report_of(folder) == report_of(short)


def test_a_stop_within_an_update_does_it_again(short, folder):
    """Heard after the rollout, before anything is learned: a long update need not be waited for."""

    def program(job: Job):
        monkeypatch = pytest.MonkeyPatch()
        rollouts = []

        def hear(*given):
            rollouts.append(collect(*given))
            if len(rollouts) == 3:
                job.stop.set()
            return rollouts[-1]

        collect = ppo.collect
        with monkeypatch.context() as patched:
            patched.setattr(ppo, "collect", hear)
            return ppo.run(job)

    assert run(folder, program, **SHORT, inner_epochs=2) == 75
    assert len(metrics(folder)) == 2
    assert run(folder, **SHORT, inner_epochs=2) == 0
    assert same(weights(folder), weights(short))
    assert metrics(folder) == metrics(short)


def test_the_last_update_takes_the_episodes_that_are_left(folder):
    assert run(folder, **{**SHORT, "episodes": 20}) == 0
    report = report_of(folder)
    assert (report["updates"], report["episodes"]) == (2, 20)


def test_a_crash_between_checkpoints_loses_only_what_came_after(short, folder, monkeypatch):
    """checkpoint_every counts optimiser steps: 8 are two of these updates, so the crash in the third repeats nothing."""
    learn, calls = ppo.learn, []

    def crash(*given):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("pulled the plug")
        return learn(*given)

    monkeypatch.setattr(ppo, "learn", crash)
    assert run(folder, **SHORT, inner_epochs=2, checkpoint_every=8) == 1
    assert len(metrics(folder)) == 3
    monkeypatch.setattr(ppo, "learn", learn)
    assert run(folder, **SHORT, inner_epochs=2, checkpoint_every=8) == 0
    assert same(weights(folder), weights(short))
    assert metrics(folder) == metrics(short)


def test_kill_9_and_the_same_command_again(folder, tmp_path_factory, models):
    spec = {**SPEC, **SHORT, "episodes": 240, "checkpoint_every": 1}
    (folder / "spec.json").write_text(json.dumps(spec))
    command = [
        sys.executable,
        "-m",
        "workers.rlhf.ppo",
        "--spec",
        "spec.json",
        "--input",
        "input",
        "--output",
        "output",
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with (
        (folder / "log.txt").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stderr=log) as process,
    ):
        lines = folder / "output/metrics.jsonl"
        while process.poll() is None and (not lines.exists() or lines.read_text().count("\n") < 3):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert run_program("ppo", ppo.run, folder, **spec) == 0

    whole = fill(tmp_path_factory.mktemp("whole"), models)
    assert run_program("ppo", ppo.run, whole, **spec) == 0
    assert same(weights(folder), weights(whole))
    assert metrics(folder) == metrics(whole)


# The KL stop


def test_a_run_over_kl_stop_ends_and_keeps_the_policy_before(folder):
    assert run(folder, kl_stop=0.5, ema=0) == 0
    report, lines = report_of(folder), metrics(folder)
    assert report["stopped"] == "kl"
    assert lines[-1]["kl"] > 0.5 >= max(line["kl"] for line in lines[:-1])
    assert "policy_loss" not in lines[-1]  # nothing was learned from it
    assert report["updates"] == len(lines) - 1 < 8
    assert report["kept_update"] == report["updates"] - 1
    assert report["kl"] < lines[-1]["kl"]


def test_the_last_update_is_looked_at_too(folder, models):
    """One update: no rollout after it would see that it went too far, so nothing but the SFT policy is left to keep."""
    assert run(folder, episodes=64, learning_rate=2e-2, warmup_updates=0, kl_stop=0.2, ema=0) == 0
    report = report_of(folder)
    assert (report["stopped"], report["updates"], report["kept_update"]) == ("kl", 1, 0)
    assert abs(report["kl"]) < 1e-5
    assert report["reward_after"] == pytest.approx(report["reward_before"], abs=1e-5)
    assert same(weights(folder), load_file(models / "policy/model.safetensors"))


# What it refuses, and what it does not


def test_a_reward_model_without_normalisation_is_refused(folder, models, tmp_path):
    replace(folder, "reward", models, {"manifest.json": b"{}"})
    assert run(folder) == 64
    assert failure(folder)["kind"] == "spec"
    assert failure(folder)["text"].startswith("reward: normalisation is missing")


def test_a_scale_of_zero_is_refused(folder, models):
    replace(folder, "reward", models, {"manifest.json": b'{"normalisation": {"zero": 0, "scale": 0}}'})
    assert run(folder) == 64
    assert "scale must be over 0" in failure(folder)["text"]


def replace(folder, name, models, files):
    """The input's model `name` with some files of its own."""
    place = folder / "input" / name
    place.unlink()
    place.mkdir()
    for path in (models / name).iterdir():
        (place / path.name).write_bytes(files.get(path.name, path.read_bytes()))


def test_prompts_of_other_splits_and_long_ones_are_left_out_and_counted(folder):
    write(
        folder / "input/prompts.jsonl",
        [
            prompt("a", "winter food"), prompt("b", "summer food"), prompt("c", "sun", split="validation"),
            prompt("d", "heat", split="test"), prompt("e", "please " * 30), prompt("f", "now " * 17),
        ],
    )  # fmt: skip
    assert run(folder, **SHORT, max_completion_tokens=30) == 0
    report = report_of(folder)
    assert report["prompts"] == 2
    assert sorted(report["left_out"].values()) == [1, 1, 2]
    assert {sample["prompt_uid"] for sample in report["samples"]} == {"a", "b"}
    assert len(report["samples"]) == 2


def test_no_prompt_of_the_train_split_is_refused(folder):
    write(folder / "input/prompts.jsonl", [prompt("a", "winter", split="test")])
    assert run(folder) == 64
    assert failure(folder) == {
        "kind": "data",
        "text": "prompts.jsonl: no prompt to learn on; left out: 1 prompts of the validation or test split.",
    }


@pytest.mark.parametrize(("name", "tensor"), [("policy", "model.norm.weight"), ("reward", "score.weight")])
def test_a_number_that_is_none_is_a_divergence(folder, models, name, tensor):
    broken = load_file(models / name / "model.safetensors")
    broken[tensor][..., 0] = torch.nan
    replace(folder, name, models, {})
    save_file(broken, folder / "input" / name / "model.safetensors", metadata={"format": "pt"})
    assert run(folder) == 1
    assert failure(folder)["kind"] == "diverged"


def test_a_loss_that_is_none_is_a_divergence_and_leaves_no_line(folder, monkeypatch):
    score_replies = ppo.score_replies

    def overflow(model, batch):
        scored = score_replies(model, batch)
        return scored._replace(logprobs=scored.logprobs * torch.nan)

    monkeypatch.setattr(ppo, "score_replies", overflow)
    assert run(folder, **SHORT) == 1
    assert failure(folder)["kind"] == "diverged"
    assert not (folder / "output/metrics.jsonl").exists()


def test_a_policy_with_dropout_in_its_config_learns_without(folder, models):
    """GPT-2's config asks for 0.1: with it, neither the first KL would be 0 nor the first ratio 1."""
    words = planted.tokenizer()
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(words), n_positions=48, n_embd=16, n_layer=2, n_head=2, initializer_range=0.3,
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    assert config.resid_pdrop == 0.1
    put(folder, GPT2LMHeadModel(config))
    assert run(folder, **SHORT) == 0
    assert abs(metrics(folder)[0]["kl"]) < 1e-5
    assert [line["ratio_first"] for line in metrics(folder)] == pytest.approx([1] * 4, abs=1e-5)


def test_a_head_that_does_more_than_its_weights_say_is_refused(folder):
    """Granite divides its logits by a setting of its config: what is sampled is not what the head alone says."""
    words = planted.tokenizer()
    config = GraniteConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=48, logits_scaling=8.0, initializer_range=0.5,
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    torch.manual_seed(0)
    put(folder, GraniteForCausalLM(config))
    assert run(folder, **SHORT) == 1
    assert "not sampled from the distribution that is scored" in failure(folder)["text"]


def put(folder, model):
    place = folder / "input/policy"
    place.unlink()
    model.save_pretrained(place)
    planted.tokenizer().save_pretrained(place)


def test_memory_bounds_do_not_change_what_is_learned(short, folder, monkeypatch):
    monkeypatch.setattr(scoring, "TOKENS_AT_ONCE", 60)  # two or three replies
    assert run(folder, **SHORT, inner_epochs=2) == 0
    one, other = weights(folder), weights(short)
    for name in one:
        torch.testing.assert_close(one[name], other[name], atol=2e-4, rtol=0)


def test_the_spec_refuses_minibatches_that_do_not_divide_the_batch():
    with pytest.raises(Exception, match="minibatch_size"):
        parse_spec("ppo", {"batch_size": 10, "minibatch_size": 4})
