"""Models are found by folder or hub id, in one way; batches know where completions are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.rlhf.foreign import write_foreign_base
from tests.rlhf.tiny import tiny_model
from workers.rlhf.frame.errors import BadInput
from workers.rlhf.frame.files import file_sha256
from workers.rlhf.language.batches import collate, pad_left
from workers.rlhf.language.loading import (
    Place,
    context_length,
    load_config,
    load_policy,
    load_reward,
    load_tokenizer,
    locate,
    own_pad,
    save_model,
)
from workers.rlhf.language.render import Renderer, own_template

CPU = torch.device("cpu")


def test_a_folder_of_the_input_comes_first(tiny_base: Path, tmp_path: Path):
    (tmp_path / "base").symlink_to(tiny_base)
    place = locate("model", "base", tmp_path)

    assert place.path == str(tmp_path / "base")
    assert place.identity == file_sha256(tiny_base / "manifest.json")


def test_a_folder_of_this_machine(tiny_base: Path, tmp_path: Path):
    assert locate("model", str(tiny_base), tmp_path).path == str(tiny_base)


def test_a_folder_without_a_manifest_is_named_by_its_files(tmp_path: Path):
    here, there = write_foreign_base(tmp_path / "here"), write_foreign_base(tmp_path / "there")
    before = locate("model", str(here), tmp_path).identity

    assert locate("model", str(there), tmp_path).identity == before
    (there / "config.json").write_text((there / "config.json").read_text() + " ")
    assert locate("model", str(there), tmp_path).identity != before


def test_a_hub_id_with_and_without_a_revision(tmp_path: Path):
    plain = locate("model", "some-org/a_model.1B", tmp_path)
    pinned = locate("model", "some-org/model@refs/pr/3", tmp_path)

    assert (plain.path, plain.revision, plain.identity) == ("some-org/a_model.1B", None, "hub:some-org/a_model.1B")
    assert (pinned.path, pinned.revision, pinned.identity) == (
        "some-org/model",
        "refs/pr/3",
        "hub:some-org/model@refs/pr/3",
    )


@pytest.mark.parametrize(
    "value", ["base", "../up/there", "a/b/c", "org/name@", "https://host/org/name", "org/na me", "@main"]
)
def test_what_is_neither_folder_nor_hub_id_is_refused(tmp_path: Path, value: str):
    with pytest.raises(BadInput, match=r"^policy: .* is neither a model folder of the input, nor") as caught:
        locate("policy", value, tmp_path)
    assert caught.value.field == "policy"


def test_an_empty_folder_is_no_model(tmp_path: Path):
    with pytest.raises(BadInput, match=r"is not a folder with a model's config\.json"):
        locate("model", str(tmp_path), tmp_path)


def test_a_broken_model_folder_is_bad_input(tmp_path: Path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text('{"model_type": "llama"}')

    with pytest.raises(BadInput, match=r"^model: .* could not be loaded: "):
        load_policy(locate("model", "base", tmp_path), CPU)


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    tiny_model("llama").save_pretrained(tmp_path / "base")
    return tmp_path / "base"


def refusal(folder: Path, load: Callable[[Place, torch.device], Any] = load_policy) -> str:
    with pytest.raises(BadInput) as caught:
        load(locate("model", str(folder), folder), CPU)
    assert caught.value.field == "model"
    said = str(caught.value)
    assert said.startswith("model: ")
    assert "\n" not in said
    return said


@pytest.mark.parametrize("size", [0, 4, 100, 5_000])
def test_weights_that_were_cut_short_are_refused(model_folder: Path, size: int):
    weights = model_folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:size])
    assert "could not be loaded: Error while deserializing header" in refusal(model_folder)


def test_weights_of_zeros_are_refused(model_folder: Path):
    weights = model_folder / "model.safetensors"
    weights.write_bytes(bytes(weights.stat().st_size))
    assert "could not be loaded: Error while deserializing header" in refusal(model_folder)


@pytest.mark.parametrize("load", [load_policy, load_reward])
def test_pickled_weights_are_never_read(model_folder: Path, load: Any):
    (model_folder / "model.safetensors").unlink()
    torch.save(tiny_model("llama").state_dict(), model_folder / "pytorch_model.bin")
    assert "are pickled (pytorch_model.bin), and unpickling may run code" in refusal(model_folder, load)


def test_pickled_weights_beside_safetensors_are_not_looked_at(model_folder: Path):
    (model_folder / "pytorch_model.bin").write_bytes(b"not even a pickle")
    load_policy(locate("model", str(model_folder), model_folder), CPU)


@pytest.mark.parametrize("load", [load_policy, load_reward])
def test_weights_that_are_missing_are_not_made_up(model_folder: Path, load: Any):
    """One layer more than the file holds: transformers alone would fill it with random numbers and go on."""
    config = json.loads((model_folder / "config.json").read_text())
    (model_folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    assert "lacks 9 of the weights that its config.json speaks of, model.layers.2." in refusal(model_folder, load)


def test_weights_of_another_shape_are_refused(model_folder: Path):
    config = json.loads((model_folder / "config.json").read_text())
    (model_folder / "config.json").write_text(json.dumps({**config, "hidden_size": 32}))
    assert "could not be loaded" in refusal(model_folder)


@pytest.mark.parametrize("load", [load_policy, lambda place, device: load_tokenizer(place)])
def test_code_that_comes_with_a_model_is_never_run(model_folder: Path, load: Any):
    config = json.loads((model_folder / "config.json").read_text())
    own = {"AutoConfig": "code.C", "AutoModelForCausalLM": "code.M"}
    (model_folder / "config.json").write_text(json.dumps({**config, "model_type": "strange", "auto_map": own}))
    (model_folder / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": ["code.T", null]}}')
    (model_folder / "code.py").write_text("import sys; sys.exit('it ran')")
    assert refusal(model_folder, load).endswith("needs code of its own, and code that comes with a model is never run.")


def test_an_unknown_family_is_refused_in_one_line(model_folder: Path):
    config = json.loads((model_folder / "config.json").read_text())
    (model_folder / "config.json").write_text(json.dumps({**config, "model_type": "strange"}))
    assert "model type `strange`" in refusal(model_folder)


def test_weights_in_half_precision_are_read_as_float32(tmp_path: Path):
    folder = write_foreign_base(tmp_path / "base")
    place = locate("model", str(folder), tmp_path)
    load_policy(place, CPU).half().save_pretrained(folder)

    assert {weights.dtype for weights in load_policy(place, CPU).parameters()} == {torch.float32}


def test_a_reward_model_has_one_score_a_token(tiny_base: Path, tmp_path: Path):
    model = load_reward(locate("model", str(tiny_base), tmp_path), CPU)

    assert model.score.weight.shape == (1, 32)
    assert not model.training


def test_a_padding_token_of_its_own_and_everything_else_as_before(tmp_path: Path):
    place = locate("model", str(write_foreign_base(tmp_path / "base")), tmp_path)
    model, tokenizer = load_policy(place, CPU), load_tokenizer(place)
    ids = torch.tensor([tokenizer.encode("hello")])
    before = model(ids).logits

    assert own_pad(model, tokenizer)
    assert not own_pad(model, tokenizer)
    assert model.config.pad_token_id == tokenizer.pad_token_id == 257
    torch.testing.assert_close(model(ids).logits[..., :257], before)

    own_template(tokenizer)
    save_model(tmp_path / "padded", model, Renderer(tokenizer))
    padded = locate("model", str(tmp_path / "padded"), tmp_path)
    assert Renderer(load_tokenizer(padded)).pad_id == 257
    torch.testing.assert_close(load_policy(padded, CPU)(ids).logits, model(ids).logits)


def test_how_much_a_model_can_read(tiny_base: Path, tmp_path: Path):
    foreign = write_foreign_base(tmp_path / "base")

    assert context_length(load_config(locate("model", str(tiny_base), tmp_path))) == 192
    assert context_length(load_config(locate("model", str(foreign), tmp_path))) == 128


def test_a_batch_knows_its_completions_though_they_hold_the_padding_id():
    batch = collate([([5, 0], [7, 0]), ([6], [8]), ([4, 4, 4], [9, 9])], pad_id=0)

    assert batch.ids.tolist() == [[5, 0, 7, 0, 0], [6, 8, 0, 0, 0], [4, 4, 4, 9, 9]]
    assert batch.mask.tolist() == [[1, 1, 1, 1, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]
    assert batch.last.tolist() == [3, 1, 4]
    assert batch.labels.tolist() == [
        [-100, -100, 7, 0, -100],
        [-100, 8, -100, -100, -100],
        [-100, -100, -100, 9, 9],
    ]


def test_prompts_are_padded_on_the_left():
    ids, mask = pad_left([[5], [6, 7, 8]], pad_id=0)

    assert ids.tolist() == [[0, 0, 5], [6, 7, 8]]
    assert mask.tolist() == [[0, 0, 1], [1, 1, 1]]
