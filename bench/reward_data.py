"""What both sides of `reward` learn from: a Llama of 6.9 million parameters, prompts of 128 tokens, completions of 64."""

import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from apps.datasets.domain.records import CompletionRecord, LabelerRecord, RankingRecord, record_line

VOCABULARY, PROMPT, COMPLETION = 8_192, 128, 64
SPECIAL = ["<pad>", "<eos>", "<user>", "<assistant>"]
TEMPLATE = (
    "{% for m in messages %}{{ '<' + m['role'] + '> ' + m['content'] + ' ' }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@dataclass(frozen=True)
class Question:
    """A prompt with K completions, the better first, as words: each is a token."""

    prompt: list[int]
    completions: list[list[int]]


def make_model(folder: Path) -> None:
    """Untrained, with a tokenizer that has a token a word."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=256, intermediate_size=704, num_hidden_layers=6, num_attention_heads=4,
        max_position_embeddings=512, pad_token_id=0, eos_token_id=1, bos_token_id=None, tie_word_embeddings=True,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    words = [*SPECIAL, *(_word(n) for n in range(len(SPECIAL), VOCABULARY))]
    backend = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<eos>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", eos_token="<eos>")
    made.add_special_tokens({"additional_special_tokens": SPECIAL[2:]})
    made.chat_template = TEMPLATE
    made.save_pretrained(folder)


def questions(count: int, k: int) -> list[Question]:
    chance = Random(f"{count} {k}")

    def words(length: int) -> list[int]:
        return [chance.randrange(len(SPECIAL), VOCABULARY) for _ in range(length)]

    return [Question(words(PROMPT - 2), [words(COMPLETION - 1) for _ in range(k)]) for _ in range(count)]


def write_rankings(file: Path, asked: list[Question]) -> None:
    with file.open("wb") as out:
        for number, question in enumerate(asked):
            out.write(record_line(_record(number, question)))


def write_pairs(file: Path, asked: list[Question]) -> None:
    """The same tokens as exploded pairs, as TRL's trainer takes them tokenized."""
    with file.open("w") as out:
        for question in asked:
            prompt = [2, *question.prompt, 3]
            for better, worse in combinations(question.completions, 2):
                out.write(
                    json.dumps({"chosen_ids": [*prompt, *better, 1], "rejected_ids": [*prompt, *worse, 1]}) + "\n"
                )


def _word(number: int) -> str:
    return f"w{number}"


def _text(words: list[int]) -> str:
    return " ".join(map(_word, words))


def _record(number: int, question: Question) -> RankingRecord:
    uid = f"prompt{number}"
    completions = [
        CompletionRecord(
            uid=f"{uid}-{n}", external_id=None, text=_text(one), origin="external", model=None, sampling=None
        )
        for n, one in enumerate(question.completions)
    ]
    return RankingRecord(
        prompt_uid=uid, external_ids=[], source=None, metadata={}, context=None, use_case="", language="en",
        messages=[{"role": "user", "content": _text(question.prompt)}], split="train", uid=f"{uid}-ranking",
        task_uid=f"{uid}-task", prompt_flags={}, judged_use_case="", note="",
        labeler=LabelerRecord(pseudonym="bench", kind="member", cohort="training"), guideline=None, schema=None,
        active_seconds=None, rendering=None, surplus=False, imported=True, supersedes=None,
        submitted_at="2026-11-22T00:00:00.000000Z", completions=completions,
        tiers=list(range(1, len(completions) + 1)), ratings=None, shown_order=None,
    )  # fmt: skip
