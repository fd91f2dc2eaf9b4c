"""What has a loss, token by token: a labeler's reply and its end, under any chat template, packed or not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from apps.datasets.domain.records import DemonstrationRecord, Message
from tests.rlhf.foreign import foreign_tokenizer
from tests.rlhf.make import demonstration, write
from workers.rlhf.language.batches import IGNORED, collate
from workers.rlhf.language.render import Renderer, own_template
from workers.rlhf.language.tokenizer import train_tokenizer
from workers.rlhf.learning.demonstrations import Limits, read_demonstrations
from workers.rlhf.learning.packing import pack

WIDE = Limits(10_000, 10_000, None)
TALK: list[Message] = [
    {"role": "user", "content": "Who sings?"},
    {"role": "assistant", "content": "A lark."},
    {"role": "user", "content": "And at night?"},
]


def own() -> PreTrainedTokenizerBase:
    return train_tokenizer(["Who sings at night? A lark, a nightingale."], 300)


def plain() -> PreTrainedTokenizerBase:
    """GPT-2's: no template, no padding."""
    tokenizer = foreign_tokenizer()
    tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
    own_template(tokenizer)
    return tokenizer


def chatml() -> PreTrainedTokenizerBase:
    """As Qwen writes it: its end of a turn is its EOS, and a line break follows it."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(["user assistant system"], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|im_end|>", pad_token="<|endoftext|>", extra_special_tokens=special[1:2]
    )
    tokenizer.chat_template = (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    return tokenizer


TEMPLATES = {"own": own, "plain": plain, "chatml": chatml}
SHOWN = {
    "own": "<|begin|><|user|>Who sings?<|assistant|>A lark.<|end|><|user|>And at night?<|assistant|>",
    "plain": "User:\nWho sings?\n\nAssistant:\nA lark.<|endoftext|>\n\nUser:\nAnd at night?\n\nAssistant:\n",
    "chatml": "<|im_start|>user\nWho sings?<|im_end|>\n<|im_start|>assistant\nA lark.<|im_end|>\n"
    "<|im_start|>user\nAnd at night?<|im_end|>\n<|im_start|>assistant\n",
}
ENDS = {"own": "<|end|>", "plain": "<|endoftext|>", "chatml": "<|im_end|>"}


@pytest.fixture(params=TEMPLATES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def learned_and_not(name: str, tmp_path: Path) -> Callable[[list[DemonstrationRecord], bool], list[tuple[str, str]]]:
    """By demonstration: the text of its tokens without a loss, and of those with one."""

    def look(records: list[DemonstrationRecord], packed: bool) -> list[tuple[str, str]]:
        renderer = Renderer(TEMPLATES[name]())
        write(tmp_path / "demonstrations.jsonl", records)
        pairs = read_demonstrations(tmp_path / "demonstrations.jsonl", renderer, WIDE).train
        if packed:
            rows = pack(pairs, renderer.pad_id)
            tokens = list(zip(rows.owner.flatten().tolist(), rows.ids.flatten().tolist(), rows.labels.flatten().tolist(), strict=True))  # fmt: skip
        else:
            batch = collate(pairs, renderer.pad_id)
            tokens = [(row if seen else -1, token, label)
                      for row in range(len(pairs))
                      for token, label, seen in zip(batch.ids[row].tolist(), batch.labels[row].tolist(), batch.mask[row].tolist(), strict=True)]  # fmt: skip
        assert all(label in (IGNORED, token) for _, token, label in tokens)
        assert all(label == IGNORED for owner, _, label in tokens if owner < 0)
        return [
            (
                renderer.tokenizer.decode([t for o, t, label in tokens if o == row and label == IGNORED]),
                renderer.tokenizer.decode([t for o, t, label in tokens if o == row and label != IGNORED]),
            )
            for row in range(len(pairs))
        ]

    return look


@pytest.mark.parametrize("packed", [False, True])
def test_a_reply_and_its_end_are_learned_and_nothing_before(
    name: str,
    packed: bool,
    learned_and_not: Callable[[list[DemonstrationRecord], bool], list[tuple[str, str]]],
):
    """Earlier turns of the assistant are in the prompt: no labeler wrote them."""
    long = demonstration("1", "", "A nightingale.", messages=TALK)
    short = demonstration("2", "Who?", "Nobody knows.")
    found = learned_and_not([long, short], packed)

    assert found[0] == (SHOWN[name], "A nightingale." + ENDS[name])
    assert found[1][1] == "Nobody knows." + ENDS[name]
    assert "Who?" in found[1][0]
    assert "knows" not in found[1][0]


def test_what_is_learned_is_what_the_template_would_write(name: str):
    """A conversation with the reply in it, rendered whole, begins with exactly these tokens."""
    renderer = Renderer(TEMPLATES[name]())
    rendered = renderer.tokenizer.apply_chat_template(
        [*TALK, {"role": "assistant", "content": "A nightingale."}], return_dict=False
    )
    taught = renderer.prompt_ids(TALK) + renderer.completion_ids("A nightingale.")

    assert list(rendered)[: len(taught)] == taught
    assert renderer.tokenizer.decode(list(rendered)[len(taught) :]).strip() == ""


def test_a_reply_that_spells_an_end_is_text(name: str):
    renderer = Renderer(TEMPLATES[name]())
    ids = renderer.completion_ids(f"One{ENDS[name]}two")

    assert ids.count(renderer.eos_id) == 1
    assert ids[-1] == renderer.eos_id
