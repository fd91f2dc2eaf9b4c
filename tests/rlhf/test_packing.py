"""Packed rows: demonstrations beside each other teach exactly what they teach alone, in each family."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from tests.rlhf.sft_runs import ASIDE, TAUGHT, Learn
from tests.rlhf.tiny import EOS, PAD, VOCABULARY, tiny_model
from workers.rlhf import sft
from workers.rlhf.language.batches import collate
from workers.rlhf.learning import packing
from workers.rlhf.learning.optimise import Pair, completion_loss
from workers.rlhf.learning.packing import pack, packed_loss, rows_of, why_not_packed

ENDS = {"eos_token_id": EOS, "bos_token_id": EOS, "pad_token_id": PAD, "initializer_range": 0.4}
SMALL = {"vocab_size": VOCABULARY, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
         "num_attention_heads": 2, "max_position_embeddings": 40, **ENDS}  # fmt: skip


def qwen() -> Any:
    torch.manual_seed(0)
    return Qwen2ForCausalLM(Qwen2Config(**SMALL, num_key_value_heads=1)).eval()


def mistral(window: int | None) -> Any:
    torch.manual_seed(0)
    return MistralForCausalLM(MistralConfig(**SMALL, num_key_value_heads=1, sliding_window=window)).eval()


def neox() -> Any:
    torch.manual_seed(0)
    return GPTNeoXForCausalLM(GPTNeoXConfig(**SMALL)).eval()


MODELS = {
    "llama": tiny_model("llama"),
    "gpt2": tiny_model("gpt2"),
    "qwen": qwen(),
    "mistral": mistral(None),
    "neox": neox(),
}
tokens = st.integers(2, VOCABULARY - 1)
pairs_of_any_shape = st.lists(
    st.tuples(st.lists(tokens, min_size=1, max_size=12), st.lists(tokens, min_size=1, max_size=12)),
    min_size=1,
    max_size=7,
)


def gradients(model: Any, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


@pytest.mark.parametrize("family", MODELS)
@given(pairs=pairs_of_any_shape, row=st.sampled_from([1, 20, 64, 256]))
@settings(max_examples=15, deadline=None)
def test_loss_and_gradients_are_those_of_the_pairs_alone(family: str, pairs: list[Pair], row: int):
    """Alone, unpadded: the plainest form there is. `row` 1 packs into rows of the longest pair's length."""
    model = MODELS[family]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "ROW", row)
        packed = packed_loss(model, pack(pairs, PAD))
    alone = torch.stack([completion_loss(model, collate([pair], PAD)) for pair in pairs]).sum()

    torch.testing.assert_close(packed, alone, rtol=1e-5, atol=1e-5)
    expected = gradients(model, alone)
    whole = torch.cat([one.flatten() for one in expected.values()]).norm()
    for name, found in gradients(model, packed).items():
        assert (found - expected[name]).norm() < 1e-4 * whole, name


def test_eager_attention_takes_them_too():
    model = tiny_model("llama")
    model.set_attn_implementation("eager")
    pairs: list[Pair] = [([2, 3, 4], [5, 6]), ([7], [8, 9, 10]), ([11, 12], [13])]

    torch.testing.assert_close(
        packed_loss(model, pack(pairs, PAD)), completion_loss(model, collate(pairs, PAD)), rtol=1e-5, atol=1e-5
    )


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=40), room=st.integers(30, 90))
def test_every_pair_is_in_one_row_that_has_room(lengths: list[int], room: int):
    rows = rows_of(lengths, room)

    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= room for row in rows)
    assert len(rows) <= 2 * -(-sum(lengths) // room)  # no two rows fit into one
    assert rows == rows_of(lengths, room)


@given(lengths=st.lists(st.integers(1, 300), min_size=1, max_size=40))
def test_rows_are_no_more_than_need_be_and_no_longer(lengths: list[int]):
    rows, widest = packing.even_rows(lengths), max(packing.ROW, *lengths)

    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert len(rows) <= len(rows_of(lengths, widest))
    assert max(sum(lengths[index] for index in row) for row in rows) <= widest


def test_four_alike_make_rows_without_padding():
    assert packing.even_rows([100, 100, 100, 100]) == [[0, 1], [2, 3]]
    assert pack([([2] * 60, [3] * 40)] * 4, PAD).ids.shape == (2, 200)


def test_a_row_by_hand():
    packed = pack([([2, 3], [4]), ([5], [6, 7, 8])], PAD)

    assert packed.ids.tolist() == [[5, 6, 7, 8, 2, 3, 4]]
    assert packed.positions.tolist() == [[0, 1, 2, 3, 0, 1, 2]]
    assert packed.labels.tolist() == [[-100, 6, 7, 8, -100, -100, 4]]
    assert packed.mask[0, 0, 4].tolist() == [False, False, False, False, True, False, False]
    assert packed.mask[0, 0, 3].tolist() == [True, True, True, True, False, False, False]


@pytest.mark.parametrize("family", MODELS)
def test_the_families_can(family: str):
    assert why_not_packed(MODELS[family], [([2, 3], [4]), ([5], [6, 7, 8])], PAD) is None


def test_a_family_without_positions_says_so():
    torch.manual_seed(0)
    bloom = BloomForCausalLM(BloomConfig(vocab_size=VOCABULARY, hidden_size=16, n_layer=1, n_head=2, **ENDS)).eval()

    assert why_not_packed(bloom, [([2], [3])], PAD) == "BloomForCausalLM takes no position_ids."


def test_a_window_that_is_shorter_than_a_demonstration_says_so():
    assert why_not_packed(mistral(4), [([2, 3], [4, 5])], PAD) is None
    said = why_not_packed(mistral(4), [([2, 3, 4], [5, 6])], PAD)
    assert said == "MistralForCausalLM looks back 4 tokens only, and a demonstration has 5."


def test_demonstrations_that_only_measure_are_within_the_window_too(learn: Learn, monkeypatch: pytest.MonkeyPatch):
    """Packed rows heed no window, and the validation loss is read off them as well."""
    asked: list[Any] = []
    monkeypatch.setattr(sft, "why_not_packed", lambda model, pairs, pad_id: asked.extend(pairs) or "Not today.")

    assert learn([*TAUGHT, ASIDE], epochs=1, packing="auto") == 0
    assert len(asked) == len(TAUGHT) + 1


def test_a_model_that_sees_across_says_so(monkeypatch: pytest.MonkeyPatch):
    """As one whose state runs on through a row would."""
    monkeypatch.setattr(packing.Packed, "mask", property(lambda self: torch.ones(1, 1, 7, 7, dtype=torch.bool).tril()))

    said = why_not_packed(tiny_model("llama"), [([2, 3], [4]), ([5], [6, 7, 8])], PAD)

    assert said is not None
    assert said.startswith("LlamaForCausalLM gives demonstrations in one row another loss (")
