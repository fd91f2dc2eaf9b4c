"""Tokens a second of processor time that SFT learns from, with short demonstrations packed and padded.

The steps are the program's own: batches of a like length, the same loss and gradients either way, one thread. Packed and
padded take turns in one process; a token counts once, padding never.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from bench.report import machine, say, table, write
from workers.rlhf.learning.objective import CompletionLoss
from workers.rlhf.learning.optimise import Pair, epoch_batches
from workers.rlhf.learning.packing import pack

CPU = torch.device("cpu")
VOCABULARY, PAD = 4_096, 0
LONGEST = 192  # tokens, of a prompt or a completion
Batches = list[list[Pair]]


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench sft", description=__doc__)
    parser.add_argument("--demonstrations", type=int, default=256)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=24, help="median of a prompt's and of a completion's")
    parser.add_argument("--batches", type=int, default=6, help="of an epoch, that are measured")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    pairs = made_up(options.demonstrations, options.tokens)
    model = a_model()
    orders = {
        "batches of a like length, as SFT makes them": epoch_batches(pairs, options.batch, seed=0, epoch=0),
        "batches as they come": [
            pairs[at : at + options.batch] for at in range(0, len(pairs) - options.batch + 1, options.batch)
        ],
    }
    found = {name: measured(model, batches[: options.batches], options.rounds) for name, batches in orders.items()}
    say(table(["", "padded: tokens/s", "packed: tokens/s", "packed / padded", "padding, %", "packed, %"],
              [[name, *(one[key] for key in ("padded", "packed", "ratio", "padding", "padding_packed"))] for name, one in found.items()]))  # fmt: skip
    write("sft", {"machine": machine(), "options": vars(options), "found": found})


def made_up(count: int, median: int) -> list[Pair]:
    """Prompts and completions of lengths with a long tail, as people's are."""
    dice = Random(0)

    def ids() -> list[int]:
        return [dice.randrange(1, VOCABULARY) for _ in range(min(LONGEST, max(2, round(dice.lognormvariate(0, 0.7) * median))))]  # fmt: skip

    return [(ids(), ids()) for _ in range(count)]


def a_model() -> Any:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY, hidden_size=256, intermediate_size=768, num_hidden_layers=4, num_attention_heads=4,
            max_position_embeddings=2 * LONGEST, tie_word_embeddings=True,
        )
    ).train()  # fmt: skip


def measured(model: Any, batches: Batches, rounds: int) -> dict[str, float]:
    """Medians of the rounds. `padding` is the share of places that hold none of the demonstrations, in percent."""
    tokens = sum(len(prompt) + len(completion) for batch in batches for prompt, completion in batch)
    ways = {packed: CompletionLoss(model, PAD, CPU, packed=packed) for packed in (False, True)}
    taken: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(rounds):
        for packed, loss in ways.items():
            taken[packed].append(seconds(lambda loss=loss: learn(model, loss, batches)))  # type: ignore[misc]
    places = sum(len(batch) * max(len(prompt) + len(completion) for prompt, completion in batch) for batch in batches)
    packed_places = sum(pack(batch, PAD).ids.numel() for batch in batches)
    return {
        "padded": tokens / statistics.median(taken[False]),
        "packed": tokens / statistics.median(taken[True]),
        "ratio": round(statistics.median(a / b for a, b in zip(taken[False], taken[True], strict=True)), 2),
        "padding": 100 * (1 - tokens / places),
        "padding_packed": 100 * (1 - tokens / packed_places),
    }


def learn(model: Any, loss: CompletionLoss, batches: Batches) -> None:
    for batch in batches:
        model.zero_grad()
        loss(batch).backward()  # type: ignore[no-untyped-call]


def seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
