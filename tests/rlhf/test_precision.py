"""bfloat16 by autocast, and activations that are computed twice instead of kept: memory, not another result."""

import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

from tests.rlhf.families import FAMILIES as REWARD_FAMILIES
from tests.rlhf.families import PAD, reward_model
from tests.rlhf.make import failure, manifest, metrics
from tests.rlhf.sft_runs import ASIDE, TAUGHT, Learn
from tests.rlhf.tiny import FAMILIES, tiny_model
from workers.rlhf.frame.errors import BadInput
from workers.rlhf.learning.objective import CompletionLoss
from workers.rlhf.learning.precision import autocast_of, keep_no_activations, keeps_activations, precision_of
from workers.rlhf.preference.forms import FORMS, MASK, PLAIN, Form
from workers.rlhf.preference.groups import Asked

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
PAIRS = [([2, 3, 4], [5, 6]), ([7], [8, 9, 10])]


def test_a_cpu_stays_with_float32_unless_told():
    assert precision_of("auto", CPU) == "float32"
    assert precision_of("bfloat16", CPU) == "bfloat16"
    assert precision_of("float32", CUDA) == "float32"


@pytest.mark.parametrize("has", [True, False])
def test_a_gpu_takes_bfloat16_where_it_has_it(monkeypatch: pytest.MonkeyPatch, has: bool):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has)

    assert precision_of("auto", CUDA) == ("bfloat16" if has else "float32")
    if not has:
        with pytest.raises(BadInput, match=r"^precision: this machine's GPU has no bfloat16; use auto or float32\.$"):
            precision_of("bfloat16", CUDA)


@pytest.mark.parametrize("packed", [False, True])
def test_products_are_in_bfloat16_weights_and_loss_are_not(packed: bool):
    model = tiny_model("llama")
    seen = set()
    model.model.layers[0].mlp.up_proj.register_forward_hook(lambda module, given, made: seen.add(made.dtype))
    loss = CompletionLoss(model, 0, CPU, autocast_of("bfloat16", CPU), packed)(PAIRS)
    loss.backward()
    whole = CompletionLoss(model, 0, CPU, packed=packed)(PAIRS)

    assert seen == {torch.bfloat16, torch.float32}
    assert loss.dtype == torch.float32
    assert (
        {one.dtype for one in model.parameters()} == {one.grad.dtype for one in model.parameters()} == {torch.float32}
    )
    assert loss.item() != whole.item()
    assert loss.item() == pytest.approx(whole.item(), rel=0.02)


def test_sft_in_bfloat16_learns_nearly_the_same(learn: Learn, tmp_path: Path):
    losses = {}
    for precision in ("float32", "bfloat16"):
        assert learn([*TAUGHT, ASIDE], precision=precision, epochs=4) == 0
        assert manifest(tmp_path)["report"]["precision"] == precision
        losses[precision] = [line["validation_loss"] for line in metrics(tmp_path) if "validation_loss" in line]
        (tmp_path / "output").rename(tmp_path / precision)

    model = AutoModelForCausalLM.from_pretrained(tmp_path / "bfloat16" / "model")
    assert {one.dtype for one in model.parameters()} == {torch.float32}
    assert losses["bfloat16"][-1] < 0.5 * losses["bfloat16"][0]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.05)


@pytest.mark.parametrize("family", FAMILIES)
def test_activations_computed_twice_give_the_same_gradients(family: str):
    """With dropout, whose dice must fall the same way again."""

    def gradients(twice: bool) -> list[torch.Tensor]:
        model = tiny_model(family).train()
        if twice:
            keep_no_activations(model)
        torch.manual_seed(5)
        CompletionLoss(model, 0, CPU)(PAIRS).backward()
        return [one.grad for one in model.parameters()]

    for kept, again in zip(gradients(twice=False), gradients(twice=True), strict=True):
        assert torch.equal(kept, again)


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_sft_with_activations_computed_twice_makes_the_same_weights(learn: Learn, tmp_path: Path, lora_rank: int):
    made = {}
    for setting in ("off", "on"):
        assert learn(TAUGHT, gradient_checkpointing=setting, epochs=2, dropout=0.2, lora_rank=lora_rank) == 0
        assert manifest(tmp_path)["report"]["gradient_checkpointing"] is (setting == "on")
        made[setting] = (tmp_path / "output" / "model" / "model.safetensors").read_bytes()
        (tmp_path / "output").rename(tmp_path / setting)

    assert made["on"] == made["off"]


def test_a_family_that_cannot_says_so(learn: Learn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("transformers.LlamaForCausalLM.supports_gradient_checkpointing", False)

    assert learn(TAUGHT, gradient_checkpointing="on") == 64
    assert failure(tmp_path) == {
        "kind": "spec",
        "text": "gradient_checkpointing: LlamaForCausalLM cannot do that; set it to off.",
    }


GROUPS = [Asked([4, 5, 6], [[7, 1], [8, 9, 1]]), Asked([8, 9], [[10, 11, 1], [12, 1], [2, 3, 4, 1]])]  # ragged K


def rewards_and_gradients(model: Any, form: Form, precision: str) -> tuple[torch.Tensor, list[torch.Tensor]]:
    rewards = form.rewards(model, GROUPS, PAD, autocast_of(precision, CPU))
    rewards.square().sum().backward()
    return rewards.detach(), [one.grad for one in model.parameters() if one.grad is not None]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("form", [PLAIN, MASK], ids=["plain", "mask"])
@pytest.mark.parametrize("family", REWARD_FAMILIES)
def test_a_reward_model_s_activations_computed_twice_give_the_same_gradients(family: str, form: Form, precision: str):
    """In evaluation mode, in which transformers' own switch does nothing."""
    kept, again = reward_model(family), reward_model(family)
    keep_no_activations(again)
    assert (keeps_activations(kept), keeps_activations(again)) == (True, False)
    forwarded = []
    again.base_model.get_submodule(first_norm(again)).register_forward_hook(lambda *given: forwarded.append(form.name))

    (expected, gradients), (found, same) = (rewards_and_gradients(one, form, precision) for one in (kept, again))
    assert len(forwarded) == 2, "once for the rewards, once for their gradient"
    assert torch.equal(found, expected)
    assert all(torch.equal(one, other) for one, other in zip(gradients, same, strict=True))
    with torch.no_grad():
        form.rewards(again, GROUPS, PAD)
    assert len(forwarded) == 3


def test_a_model_that_computes_twice_is_gone_when_nobody_needs_it():
    """At once: a further training of a reward run has the memory of the model before."""
    model = reward_model("llama")
    keep_no_activations(model)
    weights = weakref.ref(model.score.weight), weakref.ref(model.base_model.layers[0].mlp.up_proj.weight)
    del model
    assert [one() for one in weights] == [None, None]


def first_norm(model: Any) -> str:
    """The first module of a layer."""
    names = [name for name, _ in model.base_model.named_modules()]
    return next(name for name in names if name.endswith(("input_layernorm", "ln_1")))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("family", REWARD_FAMILIES)
def test_a_reward_s_head_and_loss_are_in_float32(family: str, form: Form):
    model = reward_model(family)
    whole, _ = rewards_and_gradients(model, form, "float32")
    model.zero_grad()
    products, heads = set(), set()
    linear = next(one for one in model.base_model.modules() if isinstance(one, torch.nn.Linear | Conv1D))
    linear.register_forward_hook(lambda module, given, made: products.add(made.dtype))
    model.score.register_forward_hook(lambda module, given, made: heads.update({given[0].dtype, made.dtype}))
    rewards, gradients = rewards_and_gradients(model, form, "bfloat16")

    assert (products, heads) == ({torch.bfloat16}, {torch.float32})
    assert {rewards.dtype, *(one.dtype for one in gradients)} == {torch.float32}
    assert not torch.equal(rewards, whole)
    assert (rewards - whole).norm() < 0.1 * whole.norm()
