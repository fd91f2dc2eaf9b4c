"""LoRA: it learns beside weights that rest, and what is saved is a whole model that says the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from tests.rlhf.foreign import write_foreign_base
from tests.rlhf.make import manifest, metrics
from tests.rlhf.sft_runs import ASIDE, TAUGHT, Learn, loss_of
from tests.rlhf.tiny import FAMILIES, tiny_model
from workers.rlhf.language.batches import collate
from workers.rlhf.learning.lora import Lora, learned_state, load_learned
from workers.rlhf.learning.optimise import completion_loss

PAIRS = [([2, 3, 4], [5, 6]), ([7], [8, 9, 10])]


def step(model: Any, loss: Callable[[], torch.Tensor], rate: float = 0.3) -> None:
    optimiser = torch.optim.SGD([one for one in model.parameters() if one.requires_grad], lr=rate)
    for _ in range(3):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_merged_model_says_what_the_adapted_one_said(family: str, tmp_path: Path):
    model, untouched = tiny_model(family), tiny_model(family)
    batch = collate(PAIRS, pad_id=0)
    lora = Lora(model, rank=4, alpha=8)

    torch.testing.assert_close(model(batch.ids).logits, untouched(batch.ids).logits)  # it starts as the model
    step(model, lambda: completion_loss(model, batch))
    adapted = model(batch.ids).logits.detach()
    lora.merge()
    model.save_pretrained(tmp_path)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)

    assert (adapted - untouched(batch.ids).logits).abs().max() > 0.1
    torch.testing.assert_close(loaded(batch.ids).logits, adapted, rtol=1e-4, atol=1e-4)
    assert loaded.state_dict().keys() == untouched.state_dict().keys()


def test_every_linear_layer_has_an_adapter_and_nothing_else_learns():
    model = tiny_model("llama")
    lora = Lora(model, rank=3, alpha=8)

    layers = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert set(lora.targets) == layers
    learning = {name for name, one in model.named_parameters() if one.requires_grad}
    assert all("lora_" in name for name in learning)
    assert {name.split(".")[-4] for name in learning} == layers
    wide = 16 + 16  # in and out of an attention projection; 16 + 32 of the feed-forward's
    assert lora.learned == 2 * 3 * (4 * wide + 3 * (16 + 32))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_token_is_learned_and_its_neighbours_are_not(family: str):
    """Llama has a head of its own here, GPT-2's is its embeddings."""
    model = tiny_model(family)
    before = model.get_output_embeddings().weight.detach().clone()
    lora = Lora(model, rank=2, alpha=8, new_token=7)
    step(model, lambda: completion_loss(model, collate([([2, 3], [4, 5])], pad_id=0)))
    lora.merge()
    moved = (model.get_output_embeddings().weight - before).abs().sum(dim=1) > 0

    assert moved.nonzero()[:, 0].tolist() == [7]
    tied = model.config.tie_word_embeddings
    assert (model.get_input_embeddings().weight is model.get_output_embeddings().weight) is tied


def test_a_score_head_is_learned_whole_and_saved(tmp_path: Path):
    """trl#381: save, load, the same scores."""
    tiny_model("llama").save_pretrained(tmp_path / "base")
    torch.manual_seed(1)
    model: Any = AutoModelForSequenceClassification.from_pretrained(tmp_path / "base", num_labels=1)
    ids = torch.tensor([[2, 3, 4, 5, 6]])

    def scores(model: Any) -> torch.Tensor:
        return model.score(model.base_model(ids).last_hidden_state)

    head = model.score.weight.detach().clone()
    lora = Lora(model, rank=2, alpha=8)
    step(model, lambda: -scores(model).sum(), rate=0.01)
    learned = scores(model).detach()
    lora.merge()
    model.save_pretrained(tmp_path / "made")
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path / "made")

    assert not torch.equal(loaded.score.weight, head)
    torch.testing.assert_close(scores(loaded), learned, rtol=1e-4, atol=1e-4)


def test_a_checkpoint_holds_what_learns_only():
    model, other = tiny_model("llama"), tiny_model("llama")
    for one in (model, other):
        Lora(one, rank=2, alpha=8)
    step(model, lambda: completion_loss(model, collate(PAIRS, pad_id=0)))
    load_learned(other, learned_state(model))

    assert all("lora_" in name for name in learned_state(model))
    ids = torch.tensor([[2, 3, 4]])
    assert torch.equal(model(ids).logits, other(ids).logits)
    with pytest.raises(RuntimeError, match=r"^The state's weights are not those that this model learns\.$"):
        load_learned(tiny_model_with_rank(3), dict(list(learned_state(model).items())[1:]))
    assert learned_state(tiny_model("llama")).keys() == tiny_model("llama").state_dict().keys()


def tiny_model_with_rank(rank: int) -> Any:
    model = tiny_model("llama")
    Lora(model, rank=rank, alpha=8)
    return model


def test_sft_learns_by_lora_and_saves_a_model_like_any_other(learn: Learn, tiny_base: Path, tmp_path: Path):
    assert learn([*TAUGHT, ASIDE], lora_rank=8, epochs=12) == 0

    made, unseen = tmp_path / "output" / "model", "Which colour is number 77?"
    assert {path.name for path in made.iterdir()} == {path.name for path in tiny_base.iterdir()}
    assert loss_of(made, unseen, "Blue, and only blue.") < 0.5 * loss_of(tiny_base, unseen, "Blue, and only blue.")
    report = manifest(tmp_path)["report"]
    assert report["lora"]["rank"] == 8
    assert report["lora"]["learned_parameters"] < report["lora"]["parameters"]
    assert manifest(tmp_path)["spec"]["lora_rank"] == 8
    assert report["validation_loss"] == pytest.approx(metrics(tmp_path)[-1]["validation_loss"])
    assert not (tmp_path / "output" / "checkpoint").exists()


def test_by_lora_an_added_padding_is_unlearned(learn: Learn, tmp_path: Path):
    """Its embedding starts near the mean, where it is as likely as any: only what is learned makes it unlikely."""
    write_foreign_base(tmp_path / "input" / "base")

    assert learn(TAUGHT, lora_rank=2, epochs=6, learning_rate=0.05) == 0
    assert manifest(tmp_path)["report"]["pad_added"]
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "output" / "model")
    logits = model(torch.tensor([[40, 41, 42]])).logits[0, -1]
    assert logits[model.config.pad_token_id] < logits.median()
