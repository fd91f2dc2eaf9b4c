"""What PPO refuses, and models that it must not be misled by."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, GraniteConfig, GraniteForCausalLM

from apps.training.domain.specs import parse_spec
from tests.rlhf import planted
from tests.rlhf.make import failure, metrics, prompt, write
from tests.rlhf.ppo_runs import SHORT, report_of, run, weights
from workers.rlhf import ppo
from workers.rlhf.preference import portions


def test_a_reward_model_without_normalisation_is_refused(ppo_folder, ppo_models, tmp_path):
    replace(ppo_folder, "reward", ppo_models, {"manifest.json": b"{}"})
    assert run(ppo_folder) == 64
    assert failure(ppo_folder)["kind"] == "spec"
    assert failure(ppo_folder)["text"].startswith("reward: normalisation is missing")


def test_a_scale_of_zero_is_refused(ppo_folder, ppo_models):
    replace(ppo_folder, "reward", ppo_models, {"manifest.json": b'{"normalisation": {"zero": 0, "scale": 0}}'})
    assert run(ppo_folder) == 64
    assert "scale must be over 0" in failure(ppo_folder)["text"]


def replace(folder, name, models, files):
    """The input's model `name` with some files of its own."""
    place = folder / "input" / name
    place.unlink()
    place.mkdir()
    for path in (models / name).iterdir():
        (place / path.name).write_bytes(files.get(path.name, path.read_bytes()))


def test_prompts_of_other_splits_and_long_ones_are_left_out_and_counted(ppo_folder):
    write(
        ppo_folder / "input/prompts.jsonl",
        [
            prompt("a", "winter food"), prompt("b", "summer food"), prompt("c", "sun", split="validation"),
            prompt("d", "heat", split="test"), prompt("e", "please " * 30), prompt("f", "now " * 17),
        ],
    )  # fmt: skip
    assert run(ppo_folder, **SHORT, max_completion_tokens=30) == 0
    report = report_of(ppo_folder)
    assert report["prompts"] == 2
    assert sorted(report["left_out"].values()) == [1, 1, 2]
    assert {sample["prompt_uid"] for sample in report["samples"]} == {"a", "b"}
    assert len(report["samples"]) == 2


def test_no_prompt_of_the_train_split_is_refused(ppo_folder):
    write(ppo_folder / "input/prompts.jsonl", [prompt("a", "winter", split="test")])
    assert run(ppo_folder) == 64
    assert failure(ppo_folder) == {
        "kind": "data",
        "text": "prompts.jsonl: no prompt to learn on; left out: 1 prompts of the validation or test split.",
    }


@pytest.mark.parametrize(("name", "tensor"), [("policy", "model.norm.weight"), ("reward", "score.weight")])
def test_a_number_that_is_none_is_a_divergence(ppo_folder, ppo_models, name, tensor):
    broken = load_file(ppo_models / name / "model.safetensors")
    broken[tensor][..., 0] = torch.nan
    replace(ppo_folder, name, ppo_models, {})
    save_file(broken, ppo_folder / "input" / name / "model.safetensors", metadata={"format": "pt"})
    assert run(ppo_folder) == 1
    assert failure(ppo_folder)["kind"] == "diverged"


def test_a_loss_that_is_none_is_a_divergence_and_leaves_no_line(ppo_folder, monkeypatch):
    score_replies = ppo.score_replies

    def overflow(model, batch):
        scored = score_replies(model, batch)
        return scored._replace(logprobs=scored.logprobs * torch.nan)

    monkeypatch.setattr(ppo, "score_replies", overflow)
    assert run(ppo_folder, **SHORT) == 1
    assert failure(ppo_folder)["kind"] == "diverged"
    assert not (ppo_folder / "output/metrics.jsonl").exists()


def test_a_policy_with_dropout_in_its_config_learns_without(ppo_folder, ppo_models):
    """GPT-2's config asks for 0.1: with it, neither the first KL would be 0 nor the first ratio 1."""
    words = planted.tokenizer()
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(words), n_positions=48, n_embd=16, n_layer=2, n_head=2, initializer_range=0.3,
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    assert config.resid_pdrop == 0.1
    put(ppo_folder, GPT2LMHeadModel(config))
    assert run(ppo_folder, **SHORT) == 0
    assert abs(metrics(ppo_folder)[0]["kl"]) < 1e-5
    assert [line["ratio_first"] for line in metrics(ppo_folder)] == pytest.approx([1] * 4, abs=1e-5)


def test_a_head_that_does_more_than_its_weights_say_is_refused(ppo_folder):
    """Granite divides its logits by a setting of its config: what is sampled is not what the head alone says."""
    words = planted.tokenizer()
    config = GraniteConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=48, logits_scaling=8.0, initializer_range=0.5,
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    torch.manual_seed(0)
    put(ppo_folder, GraniteForCausalLM(config))
    assert run(ppo_folder, **SHORT) == 1
    assert "not sampled from the distribution that is scored" in failure(ppo_folder)["text"]


def put(folder, model):
    place = folder / "input/policy"
    place.unlink()
    model.save_pretrained(place)
    planted.tokenizer().save_pretrained(place)


def test_memory_bounds_do_not_change_what_is_learned(short_ppo, ppo_folder, monkeypatch):
    monkeypatch.setattr(portions, "TOKENS_AT_ONCE", 60)  # two or three replies
    assert run(ppo_folder, **SHORT) == 0
    one, other = weights(ppo_folder), weights(short_ppo)
    for name in one:
        torch.testing.assert_close(one[name], other[name], atol=2e-4, rtol=0)


def test_the_spec_refuses_minibatches_that_do_not_divide_the_batch():
    with pytest.raises(Exception, match="minibatch_size"):
        parse_spec("ppo", {"batch_size": 10, "minibatch_size": 4})
