"""The reward program: what it leaves, how it goes on after a stop."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, GPT2Config, GPT2LMHeadModel

from apps.datasets.domain.records import DemonstrationRecord, parse_record
from tests.once import made_once
from tests.rlhf import planted
from tests.rlhf.make import manifest, metrics
from tests.rlhf.reward_runs import SPEC, STEPS, WEIGHTS, fill, renderer_of, run, scores_of
from workers.rlhf import reward
from workers.rlhf.frame.guard import DEAF
from workers.rlhf.frame.program import Job
from workers.rlhf.language.loading import locate
from workers.rlhf.preference import portions
from workers.rlhf.preference.encoded import Limits, encode
from workers.rlhf.preference.ranked import read_rankings
from workers.rlhf.preference.samples import sft_samples
from workers.rlhf.preference.scoring import score


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a finished run. Change nothing in it."""

    def make(folder):
        assert run(fill(folder)) == 0

    return made_once(tmp_path_factory, "reward", make)


def stopping_after(step):
    """The program, told to stop within a step as a signal would."""

    def program(job: Job):
        log = job.log

        def hear(number, total, /, **numbers):
            log(number, total, **numbers)
            if number == step:
                job.stop.set()

        job.log = hear
        return reward.run(job)

    return program


PROMPTS = ["winter", "summer please we would like", "snow friends", "good food now and some heat"]
TEXTS = ["soup", "ices with friends and melon", "", "stew"]


def test_the_manifest_says_what_was_learned_and_measured(finished):
    made = manifest(finished)
    report = made["report"]
    assert set(made["inputs"]) == {"rankings.jsonl", "demonstrations.jsonl", "model"}
    assert set(made["normalisation"]) == {"zero", "scale", "from", "n"}
    assert made["normalisation"]["n"] == 5
    assert made["normalisation"]["from"].startswith(
        "Zero is the mean raw reward of 5 demonstrations on training prompts"
    )
    for name in ("held_out", "train"):
        assert set(report[name]) == {"accuracy", "low", "high", "pairs", "prompts"}
    assert report["held_out"]["pairs"] == report["held_out_comparisons"] == report["baselines"]["length"]["pairs"]
    assert report["train"]["pairs"] == report["comparisons"]
    assert report["agreement"] is None
    assert report["form"]["used"] == "cache"
    assert report["ties"] == {"rule": "drop"}
    assert json.loads((finished / "output/model/manifest.json").read_text()) == made


def test_metrics_are_of_every_step(finished):
    lines = metrics(finished)
    assert [line["step"] for line in lines] == list(range(1, STEPS + 1))
    assert {line["steps_total"] for line in lines} == {STEPS}
    assert all(set(line) == {"step", "steps_total", "loss", "learning_rate", "accuracy"} for line in lines)
    rates = [line["learning_rate"] for line in lines]
    assert rates[0] == SPEC["learning_rate"]
    assert rates == sorted(rates, reverse=True)


def test_demonstrations_score_zero_on_average(finished):
    normalisation = manifest(finished)["normalisation"]
    given = (finished / "input/demonstrations.jsonl").read_bytes().splitlines()
    records = [record for record in map(parse_record, given) if isinstance(record, DemonstrationRecord)]
    prompts = [record.messages[0]["content"] for record in records]
    raw, _, _ = scores_of(finished / "output/model", prompts, [record.text for record in records])
    normalised = (raw - normalisation["zero"]) / normalisation["scale"]
    assert normalised.mean().item() == pytest.approx(0, abs=1e-5)


def test_anyone_can_load_the_model_and_gets_the_same_scores(finished):
    """With nothing of this project: the class of transformers alone, its tokenizer, padding on the right."""
    folder = finished / "output/model"
    ours, _, _ = scores_of(folder, PROMPTS, TEXTS)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rendered = [
        tokenizer.apply_chat_template([{"role": "user", "content": prompt}], add_generation_prompt=True, tokenize=False)
        + f" {text}{tokenizer.eos_token}"
        for prompt, text in zip(PROMPTS, TEXTS, strict=True)
    ]
    batch = tokenizer(rendered, padding=True, padding_side="right", return_tensors="pt", add_special_tokens=False)
    with torch.no_grad():
        theirs = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
    assert theirs.shape == (4, 1)
    assert torch.allclose(theirs[:, 0], ours, atol=1e-5)


def test_the_score_of_a_batch_is_the_score_alone(finished):
    """trl#937, trl#2758: padding has no part in a score."""
    together, model, pairs = scores_of(finished / "output/model", PROMPTS, TEXTS)
    alone = torch.cat([score(model, [pair], 0) for pair in pairs])
    assert torch.allclose(together, alone, atol=1e-6)
    assert together.unique().numel() == 4


def test_a_padding_token_in_the_text_moves_no_score_elsewhere(finished):
    """trl#3750: the place of a reward is known by index, so a padding id within a reply is a token like others."""
    _, model, pairs = scores_of(finished / "output/model", PROMPTS, TEXTS)
    prompt, reply = pairs[0]
    padded = (prompt, [*reply[:-1], 0, 0])  # as a policy may sample it
    alone = score(model, [padded], 0)
    assert torch.allclose(score(model, [padded, pairs[3]], 0)[:1], alone, atol=1e-6)
    assert not torch.allclose(alone, score(model, [pairs[0]], 0), atol=1e-6)


def test_the_same_seed_gives_the_same_weights(finished, folder):
    assert run(folder) == 0
    assert (folder / WEIGHTS).read_bytes() == (finished / WEIGHTS).read_bytes()
    assert manifest(folder)["report"] == manifest(finished)["report"]


def test_another_seed_gives_others(finished, folder):
    assert run(folder, seed=1) == 0
    assert (folder / WEIGHTS).read_bytes() != (finished / WEIGHTS).read_bytes()


def test_a_stop_while_texts_are_read_is_heeded_before_the_first_step(folder):
    def stopped(job: Job):
        job.stop.set()
        return reward.run(job)

    assert run(folder, stopped) == 75
    assert not (folder / "output/metrics.jsonl").exists()


@pytest.mark.parametrize("step", [1, 4, STEPS])
def test_a_stopped_run_goes_on_to_the_same_weights(finished, folder, step):
    assert run(folder, stopping_after(step)) == 75
    assert [line["step"] for line in metrics(folder)] == list(range(1, step + 1))
    assert run(folder) == 0
    assert (folder / WEIGHTS).read_bytes() == (finished / WEIGHTS).read_bytes()
    assert metrics(folder) == metrics(finished)
    assert not (folder / "output/checkpoint").exists()


def test_a_killed_run_goes_on_from_its_checkpoint(finished, folder, monkeypatch):
    """Killed in step 5, two steps after the checkpoint: these are done again and written once."""

    class Killed(BaseException):
        pass

    def program(job: Job):
        log = job.log

        def die(number, total, /, **numbers):
            log(number, total, **numbers)
            if number == 5:
                raise Killed

        job.log = die
        return reward.run(job)

    with pytest.raises(Killed):
        run(folder, program, checkpoint_every=3)
    assert run(folder, checkpoint_every=3) == 0
    assert (folder / WEIGHTS).read_bytes() == (finished / WEIGHTS).read_bytes()
    assert metrics(folder) == metrics(finished)


def test_a_stop_while_rewards_are_measured_loses_no_step(finished, folder, monkeypatch):
    def program(job: Job):
        measure = reward.Training.rewards

        def stopped(training, *given):
            job.stop.set()
            return measure(training, *given)

        monkeypatch.setattr(reward.Training, "rewards", stopped)
        return reward.run(job)

    assert run(folder, program) == 75
    monkeypatch.undo()
    assert run(folder) == 0
    assert metrics(folder) == metrics(finished)
    assert (folder / WEIGHTS).read_bytes() == (finished / WEIGHTS).read_bytes()


def test_a_batch_in_parts_is_the_same_step(finished, folder, monkeypatch):
    """Memory is bounded by forwarding few prompts at a time: losses and weights stay, up to rounding."""
    monkeypatch.setattr(portions, "TOKENS_AT_ONCE_ON_CPU", 100)
    assert run(folder) == 0
    losses = [[line["loss"] for line in metrics(one)] for one in (folder, finished)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    ours, theirs = load_file(folder / WEIGHTS), load_file(finished / WEIGHTS)
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-4) for name in theirs)


def test_the_scale_is_of_the_sft_models_own_replies(finished):
    """The replies are drawn again here, from the same model by the same seed, and scored by what was saved."""
    place = locate("model", str(finished / "input/policy"), finished)
    prompts, left_out = read_rankings(finished / "input/rankings.jsonl")
    renderer, limits = renderer_of(finished / "output/model"), Limits(1024, 1024, planted.CONTEXT)
    train = [one for one in encode(prompts, renderer, limits, left_out) if one.prompt.split == "train"]
    pairs = sft_samples(place, renderer, train, limits, 8, 0, torch.device("cpu"), DEAF)
    _, model, _ = scores_of(finished / "output/model", PROMPTS, TEXTS)
    raw = score(model, pairs, renderer.pad_id)
    made = manifest(finished)["normalisation"]
    assert len(pairs) == 8
    assert made["from"].endswith("over 8 replies of the SFT model.")
    assert made["scale"] == pytest.approx(raw.double().std(correction=0).item(), rel=1e-4)


def test_replies_that_are_cut_off_count_for_the_unit_too(finished):
    """They get their end as PPO's do; left out for it, only the shorter replies would be measured."""
    place = locate("model", str(finished / "input/policy"), finished)
    prompts, left_out = read_rankings(finished / "input/rankings.jsonl")
    renderer = renderer_of(finished / "output/model")
    train = encode(prompts, renderer, Limits(1024, 1024, planted.CONTEXT), left_out)
    short = Limits(1024, 4, planted.CONTEXT)
    pairs = sft_samples(place, renderer, train, short, 32, 0, torch.device("cpu"), DEAF)
    assert len(pairs) == 32
    assert max(len(reply) for _, reply in pairs) == 4


def test_a_base_that_is_a_reward_model_gives_no_replies(folder, finished):
    """Training may go on from an earlier reward model, which cannot speak."""
    shutil.rmtree(folder / "input/policy")
    (folder / "input/policy").symlink_to(finished / "output/model")
    assert run(folder) == 0
    assert "training completions" in manifest(folder)["normalisation"]["from"]


def test_without_demonstrations_and_replies_the_training_completions_score_zero(folder):
    (folder / "input/demonstrations.jsonl").unlink()
    assert run(folder, sft_samples=0) == 0
    normalisation = manifest(folder)["normalisation"]
    assert "training completions; the scale" in normalisation["from"]
    assert normalisation["n"] > 100


def test_no_validation_prompts_is_said(folder):
    planted.write_rankings(folder / "input", train=12)
    assert run(folder) == 0
    report = manifest(folder)["report"]
    assert report["held_out"] is None
    assert report["why_no_held_out"].endswith(".")
    assert report["train"]["pairs"] > 0


def test_completions_over_the_limit_are_left_out_and_counted(folder):
    assert run(folder, max_completion_tokens=6, min_comparisons=1) == 0
    report = manifest(folder)["report"]
    left_out = next(
        count for reason, count in report["left_out"].items() if reason.startswith("completions over 6 tokens")
    )
    assert left_out > 20
    assert report["comparisons"] < 200


def test_gpt2_is_a_base_like_any_other(folder):
    """Absolute positions, dropout 0.1 in its config, another name for its backbone."""
    place = folder / "input/policy"
    shutil.rmtree(place)
    words = planted.tokenizer()
    words.save_pretrained(place)
    config = GPT2Config(vocab_size=len(words), n_positions=64, n_embd=16, n_layer=1, n_head=2)
    GPT2LMHeadModel(config).save_pretrained(place)
    assert run(folder) == 0
    first = (folder / WEIGHTS).read_bytes()
    ours, model, pairs = scores_of(folder / "output/model", PROMPTS, TEXTS)
    assert torch.allclose(torch.cat([score(model, [pair], 0) for pair in pairs]), ours, atol=1e-6)
    shutil.rmtree(folder / "output")
    assert run(folder) == 0
    assert (folder / WEIGHTS).read_bytes() == first
