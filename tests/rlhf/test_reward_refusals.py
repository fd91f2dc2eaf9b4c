"""What the reward program refuses, in a sentence, before compute is spent; and divergence."""

import json
import re
import shutil

import pytest
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from tests.rlhf import planted
from tests.rlhf.make import failure, write
from tests.rlhf.reward_runs import fill, run
from tests.rlhf.test_reward import stopping_after


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path)


@pytest.mark.parametrize(
    ("changes", "field", "kind", "says"),
    [
        ({"min_comparisons": 100_000}, "rankings.jsonl", "data", r"100,000 are needed \(min_comparisons\)"),
        ({"max_prompt_tokens": 8, "min_comparisons": 1000}, "rankings.jsonl", "data", "are needed"),
        ({"max_completion_tokens": 2}, "rankings.jsonl", "data", "rankings.jsonl: 0 comparisons .* completions over 2 tokens"),
        ({"model": "nowhere"}, "model", "spec", "model: 'nowhere' is neither"),
        ({"epochs": 0}, "epochs", "spec", "epochs: it must be from 1"),
        ({"beta": 1}, "beta", "spec", "beta: reward has no such setting"),
    ],
)  # fmt: skip
def test_what_does_not_allow_the_work_is_refused(folder, changes, field, kind, says):
    assert run(folder, **changes) == 64
    said = failure(folder)
    assert said["kind"] == kind
    assert said["text"].startswith(f"{field}: ")
    assert re.search(says, said["text"])
    assert not (folder / "output/model").exists()


def test_too_few_comparisons_are_found_before_a_model_is_looked_for(folder):
    shutil.rmtree(folder / "input/policy")
    write(folder / "input/rankings.jsonl", [planted.ranking("p", "winter", ["a", "b", "c"], [1, 1, 1])])
    assert run(folder) == 64
    assert failure(folder)["text"] == (
        "rankings.jsonl: 0 comparisons on prompts of the train split, 20 are needed (min_comparisons). "
        "Ties give none. Left out: rankings that hold ties only (1)."
    )


def test_missing_rankings_are_named(folder):
    (folder / "input/rankings.jsonl").unlink()
    assert run(folder) == 64
    assert failure(folder) == {"kind": "data", "text": "rankings.jsonl: the input folder has no such file."}


def test_a_model_whose_padding_is_its_end_is_refused(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder / "input/policy")
    tokenizer.pad_token = tokenizer.eos_token
    tokenizer.save_pretrained(folder / "input/policy")
    assert run(folder) == 64
    assert failure(folder)["text"].startswith("model: its padding token is its end-of-text token")


@pytest.mark.parametrize(
    ("labels", "says"),
    [(1, "model: BertForSequenceClassification has no score head on its last token"), (2, "could not be loaded")],
)
def test_a_classifier_of_another_kind_is_refused(folder, labels, says):
    place = folder / "input/policy"
    shutil.rmtree(place)
    words = planted.tokenizer()
    words.save_pretrained(place)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        num_labels=labels,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(place)
    assert run(folder) == 64
    assert failure(folder)["kind"] == "spec"
    assert says in failure(folder)["text"]


def test_a_loss_that_is_no_number_is_divergence(folder):
    weights = folder / "input/policy/model.safetensors"
    broken = load_file(weights)
    broken["model.norm.weight"][0] = float("nan")
    save_file(broken, weights, metadata={"format": "pt"})
    assert run(folder) == 1
    assert failure(folder)["kind"] == "diverged"
    assert not (folder / "output/metrics.jsonl").exists()
    assert not (folder / "output/model").exists()


def test_a_model_of_too_few_positions_is_named_with_what_it_cannot_read(folder):
    place = folder / "input/policy"
    config = json.loads((place / "config.json").read_text())
    (place / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 6}))
    assert run(folder) == 64
    assert failure(folder)["text"].startswith(
        "rankings.jsonl: 0 comparisons on prompts of the train split, 20 are needed"
    )
    assert "prompts over 5 tokens (" in failure(folder)["text"]


def test_rankings_on_validation_prompts_only_teach_nothing(folder):
    records = [planted.ranking(f"p{n}", "winter", ["soup", "ices"], [1, 2], split="validation") for n in range(30)]
    write(folder / "input/rankings.jsonl", records)
    assert run(folder) == 64
    assert failure(folder)["text"].startswith("rankings.jsonl: 0 comparisons on prompts of the train split")


def test_a_cut_off_model_is_refused_by_name(folder):
    weights = folder / "input/policy/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert run(folder) == 64
    assert failure(folder)["text"].startswith("model: ")
    assert not (folder / "output/model").exists()


def test_a_checkpoint_that_was_damaged_is_not_gone_on_from(folder):
    assert run(folder, stopping_after(3)) == 75
    checkpoint = folder / "output/checkpoint/state.pt"
    whole = bytearray(checkpoint.read_bytes())
    whole[len(whole) // 2] ^= 255
    checkpoint.write_bytes(whole)
    assert run(folder) == 64
    assert failure(folder)["text"].startswith("output: ")
    assert not (folder / "output/model").exists()
