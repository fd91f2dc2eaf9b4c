"""Which form a run takes: the quickest that agrees, else the plain one, with a reason."""

import pytest
import torch
from transformers import BloomConfig, BloomForSequenceClassification, MambaConfig, MambaModel

from tests.rlhf.families import FAMILIES, PAD, VOCABULARY, reward_model
from workers.rlhf.learning.precision import keep_no_activations
from workers.rlhf.preference.encoded import Encoded
from workers.rlhf.preference.forms import CACHE, MASK, PLAIN
from workers.rlhf.preference.ranked import Judged, RankedPrompt
from workers.rlhf.preference.sharing import choose


def encoded(ids, *completions):
    texts = [str(n) for n in range(len(completions))]
    prompt = RankedPrompt("p", "train", [], None, texts, [Judged("ann", "member", [(0, 1)])])
    return Encoded(prompt, ids, [list(one) for one in completions])


PROMPTS = [encoded([2, 3], [4], [5, 6]), encoded([7] * 20, [8] * 10, [9] * 4, [10, 11], [12])]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_families_share_their_prompts(family):
    chosen = choose(reward_model(family), "auto", PROMPTS, PAD)
    assert chosen.to_json()["used"] == "cache"
    assert chosen.why.endswith("on this run's longest prompt.")


@pytest.mark.parametrize("wanted", ["plain", "mask", "cache"])
def test_a_form_can_be_asked_for(wanted):
    assert choose(reward_model("llama"), wanted, PROMPTS, PAD).form.name == wanted


def test_a_sliding_window_within_the_texts_is_not_shared():
    model = reward_model("mistral", sliding_window=12)
    chosen = choose(model, "auto", PROMPTS, PAD)
    assert chosen.form is PLAIN
    assert "sliding window of 12 tokens is shorter than the longest text of 30" in chosen.why
    assert choose(model, "auto", PROMPTS[:1], PAD).form.name == "cache"
    assert choose(model, "auto", PROMPTS[:1], PAD, longest=12).form.name == "cache"
    assert choose(model, "auto", PROMPTS[:1], PAD, longest=13).form is PLAIN  # a text that is only measured


def test_a_window_within_a_text_that_is_only_measured_changes_its_reward():
    """What `longest` guards: on a text over the window the forms part, though they agree on the run's prompts."""
    model, long = reward_model("mistral", sliding_window=12), [PROMPTS[1]]
    with torch.no_grad():
        assert not torch.allclose(CACHE.rewards(model, long, PAD), PLAIN.rewards(model, long, PAD), atol=1e-3)


def test_trying_finds_a_window_that_the_settings_do_not_name(monkeypatch):
    """The numbers are the referee: the words of a config are only the better explanation."""
    monkeypatch.setattr("workers.rlhf.preference.sharing._obstacle", lambda *given: None)
    chosen = choose(reward_model("mistral", sliding_window=12), "auto", PROMPTS, PAD)
    assert chosen.form is PLAIN
    assert chosen.why.count("answers otherwise") == 2


def test_distances_that_are_no_positions_are_not_shared():
    """ALiBi measures how far apart two tokens stand in the sequence, where completions do not stand behind the prompt."""
    torch.manual_seed(0)
    config = BloomConfig(
        vocab_size=VOCABULARY, hidden_size=16, n_layer=2, n_head=4, pad_token_id=PAD, num_labels=1, bos_token_id=1,
        eos_token_id=1, initializer_range=0.4,
    )  # fmt: skip
    chosen = choose(BloomForSequenceClassification(config).eval(), "auto", PROMPTS, PAD)
    assert chosen.form is PLAIN
    assert "BloomForSequenceClassification" in chosen.why


def test_a_state_instead_of_keys_and_values_is_not_shared():
    class Recurrent(torch.nn.Module):
        """Mamba has no class of its own with a score."""

        def __init__(self):
            super().__init__()
            self.config = MambaConfig(
                vocab_size=VOCABULARY, hidden_size=16, state_size=4, num_hidden_layers=1, pad_token_id=PAD,
                bos_token_id=1, eos_token_id=1,
            )  # fmt: skip
            self.base_model = MambaModel(self.config)
            self.device, self.dtype = torch.device("cpu"), torch.float32

    torch.manual_seed(0)
    chosen = choose(Recurrent().eval(), "auto", PROMPTS, PAD)
    assert chosen.form is PLAIN
    assert chosen.why.startswith("cache: Recurrent ")


def test_gradient_checkpointing_takes_the_mask():
    model = reward_model("llama")
    keep_no_activations(model)
    chosen = choose(model, "auto", PROMPTS, PAD)
    assert chosen.form is MASK
    assert "cache: gradient checkpointing keeps no keys and values." in chosen.why


def test_running_out_of_memory_is_not_blamed_on_the_form(monkeypatch):
    def full(*given):
        raise MemoryError

    broken = type(MASK)("mask", full, MASK.shapes)
    monkeypatch.setitem(__import__("workers.rlhf.preference.sharing", fromlist=["FORMS"]).FORMS, "mask", broken)
    with pytest.raises(MemoryError):
        choose(reward_model("llama"), "mask", PROMPTS, PAD)


def test_a_model_whose_answers_are_no_numbers_is_left_to_the_loss():
    model = reward_model("llama")
    with torch.no_grad():
        model.model.norm.weight[0] = float("nan")
    assert choose(model, "auto", PROMPTS, PAD).form is PLAIN
