"""A planted language: what is better is known, and neither a word nor a length carries it.

A prompt names one season among plain words; a completion names two dishes among plain words. Half of the seasons and
half of the dishes are cold. A dish is right where it agrees with the season: soup in winter, ices in summer. Every
dish is as often right as wrong, and plain words come at random, so a bag of words and a length know nothing: only
the agreement of a word of the prompt with a word of the completion does.

`write_rankings`, `write_demonstrations` and `write_prompts` make files of the wire format; `tiny_policy` makes the
model folder of an untrained Llama of about 330,000 parameters whose vocabulary is the language.
"""

from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from apps.core.domain.ranking import dense
from apps.datasets.domain.records import CompletionRecord, LabelerRecord, RankingRecord
from tests.rlhf import make

COLD_SEASONS, WARM_SEASONS = ["winter", "frost", "january", "snow"], ["summer", "heat", "july", "sun"]
COLD_DISHES, WARM_DISHES = ["soup", "stew", "cocoa", "broth"], ["ices", "salad", "melon", "lemonade"]
PLAIN = [
    "please",
    "we",
    "would",
    "like",
    "some",
    "good",
    "food",
    "today",
    "now",
    "for",
    "the",
    "with",
    "and",
    "friends",
]
SPECIAL = ["<pad>", "<unk>", "<bos>", "<eos>", "<system>", "<user>", "<assistant>"]
CONTEXT = 48  # tokens


def prompt_text(chance: Random) -> str:
    words = chance.choices(PLAIN, k=chance.randint(3, 6))
    words.insert(chance.randint(0, len(words)), chance.choice(COLD_SEASONS + WARM_SEASONS))
    return " ".join(words)


def completion_text(chance: Random) -> str:
    words = chance.choices(PLAIN, k=chance.randint(2, 6)) + chance.choices(COLD_DISHES + WARM_DISHES, k=2)
    chance.shuffle(words)
    return " ".join(words)


def utility(prompt: str, completion: str) -> float:
    """The share of a completion's dishes that agree with the prompt's season; a half where it names none."""
    wanted = set(COLD_DISHES if set(prompt.split()) & set(COLD_SEASONS) else WARM_DISHES)
    dishes = [word for word in completion.split() if word in COLD_DISHES + WARM_DISHES]
    return sum(dish in wanted for dish in dishes) / len(dishes) if dishes else 0.5


def tiers(prompt: str, completions: list[str]) -> list[int]:
    """The true ranking: equal utilities are ties."""
    return dense([-utility(prompt, text) for text in completions])


def write_rankings(
    folder: Path, *, train: int, validation: int = 0, sizes: tuple[int, ...] = (4,), shuffled: bool = False, seed: int = 0
) -> None:  # fmt: skip
    """rankings.jsonl of so many prompts, `sizes` completions in turn. `shuffled` deals each ranking's tiers at random."""
    chance = Random(seed)
    records = []
    for number in range(train + validation):
        prompt = prompt_text(chance)
        texts = [completion_text(chance) for _ in range(sizes[number % len(sizes)])]
        said = tiers(prompt, texts)
        if shuffled:
            chance.shuffle(said)
        records.append(
            ranking(f"prompt{number}", prompt, texts, said, split="train" if number < train else "validation")
        )
    make.write(folder / "rankings.jsonl", records)


def write_demonstrations(folder: Path, *, train: int, seed: int = 1) -> None:
    """demonstrations.jsonl: completions as they come, no better than others, so that training on them only teaches how
    a completion looks."""
    chance = Random(seed)
    records = [make.demonstration(f"{number}", prompt_text(chance), completion_text(chance)) for number in range(train)]
    make.write(folder / "demonstrations.jsonl", records)


def write_prompts(folder: Path, *, train: int, seed: int = 2) -> None:
    chance = Random(seed)
    make.write(folder / "prompts.jsonl", [make.prompt(f"asked{n}", prompt_text(chance)) for n in range(train)])


def ranking(
    prompt_uid: str, prompt: str, texts: list[str], tiers: list[int], *, labeler: str = "ann", kind: str = "member",
    split: str = "train", supersedes: str | None = None, context: str | None = None,
) -> RankingRecord:  # fmt: skip
    completions = [
        CompletionRecord(
            uid=f"{prompt_uid}-{n}", external_id=None, text=text, origin="external", model=None, sampling=None
        )
        for n, text in enumerate(texts)
    ]
    return RankingRecord(
        **make.prompt_part(prompt_uid, prompt, split, context), uid=f"{prompt_uid}-{labeler}", task_uid=f"task-{prompt_uid}",
        prompt_flags={}, judged_use_case="", note="", guideline=None, schema=None, active_seconds=None, rendering=None,
        labeler=LabelerRecord(pseudonym=labeler, kind=kind, cohort="training"), surplus=False, imported=True,
        supersedes=supersedes, submitted_at="2026-11-22T08:00:00.000000Z", completions=completions, tiers=tiers,
        ratings=None, shown_order=None,
    )  # fmt: skip


def tokenizer() -> PreTrainedTokenizerFast:
    """A token for each word of the language."""
    words = [*SPECIAL, *COLD_SEASONS, *WARM_SEASONS, *COLD_DISHES, *WARM_DISHES, *PLAIN]
    inner = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", bos_token="<bos>", eos_token="<eos>"
    )
    made.add_special_tokens({"additional_special_tokens": ["<system>", "<user>", "<assistant>"]})
    made.chat_template = (
        "{{ bos_token }}{% for message in messages %}"
        "{{ '<' + message['role'] + '>' }} {{ message['content'] }} {% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    return made


def tiny_policy(folder: Path, *, seed: int = 0, width: int = 128, layers: int = 2) -> None:
    """The model folder of an untrained policy that speaks the language."""
    words = tokenizer()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=width, intermediate_size=2 * width, num_hidden_layers=layers,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=CONTEXT, tie_word_embeddings=True,
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    words.save_pretrained(folder)
