"""Whether shuffled pairs overfit where batches of whole prompts do not (InstructGPT, arXiv 2203.02155, section 3.5).

The same rankings of K = 9 are learned in two ways, with as many comparisons a step and in all: batches of prompts, each
with all of its pairs; and the pairs of all prompts shuffled into one data set, so that a completion comes in eight steps
of an epoch. The truth is planted (some words are good, some bad), the rankings are noisy (Plackett-Luce), and every
text has words of its own that can be learned by heart. A small untrained Llama; several seeds and learning rates.
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import logsigmoid
from transformers import LlamaConfig, LlamaForSequenceClassification

from apps.core.domain.ranking import comparisons
from apps.training.domain.specs import RewardSpec
from bench.report import machine, say, table, write
from workers.rlhf.preference.encoded import Encoded
from workers.rlhf.preference.forms import PLAIN
from workers.rlhf.preference.ranked import Judged, RankedPrompt
from workers.rlhf.preference.scoring import score
from workers.rlhf.preference.training import Training

K, PROMPT, COMPLETION = 9, 6, 14
VOCABULARY, GOOD, BAD = 1_500, range(2, 32), range(32, 62)  # 0 is padding, 1 ends a text
VALIDATION = 100  # prompts
PROMPTS_A_STEP = 4
WAYS = ("whole prompts", "shuffled pairs")


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench overfit", description=__doc__)
    parser.add_argument("--prompts", type=int, default=150, help="that are learned from")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--rates", type=float, nargs="+", default=[1e-3, 3e-3])
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    found = []
    for epochs in options.epochs:
        for rate in options.rates:
            for seed in range(options.seeds):
                world = World(seed)
                train, held_out = world.prompts(options.prompts), world.prompts(VALIDATION)
                for way in WAYS:
                    one = measured(way, train, held_out, epochs=epochs, rate=rate, seed=seed)
                    found.append({"way": way, "epochs": epochs, "rate": rate, "seed": seed, **one})
                    say(str(found[-1]))
    _report(found, {"prompts": options.prompts, "k": K, "prompts_a_step": PROMPTS_A_STEP})


@dataclass(frozen=True)
class Question:
    """A prompt as it is learned, the planted utilities of its texts, and its noisy ranking as ordered pairs."""

    encoded: Encoded
    utilities: list[float]
    pairs: list[tuple[int, int]]


class World:
    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)

    def prompts(self, count: int) -> list[Question]:
        return [self._question() for _ in range(count)]

    def _question(self) -> Question:
        texts = [self._text() for _ in range(K)]
        utilities = [float(sum(word in GOOD for word in one) - sum(word in BAD for word in one)) for one in texts]
        noisy = np.array(utilities) + self.chance.gumbel(size=K)  # Plackett-Luce: an argsort of these
        tiers = (1 + np.argsort(np.argsort(-noisy))).tolist()
        pairs = comparisons(tiers)
        prompt = RankedPrompt("", "train", [], None, [""] * K, [Judged("", "member", pairs)])
        ids = self.chance.integers(62, VOCABULARY, PROMPT).tolist()
        return Question(Encoded(prompt, ids, texts), utilities, pairs)

    def _text(self) -> list[int]:
        words = self.chance.integers(62, VOCABULARY, COMPLETION - 1)
        telling = self.chance.integers(2, 62, 4)
        words[self.chance.permutation(COMPLETION - 1)[:4]] = telling
        return [*words.tolist(), 1]


def measured(way: str, train: list[Question], held_out: list[Question], *, epochs: int, rate: float, seed: int) -> Any:
    torch.manual_seed(seed)
    model = LlamaForSequenceClassification(
        LlamaConfig(
            vocab_size=VOCABULARY, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
            max_position_embeddings=PROMPT + COMPLETION, pad_token_id=0, num_labels=1,
        )
    ).eval()  # fmt: skip
    whole = way == WAYS[0]
    learned = [one.encoded for one in train] if whole else [pair for one in train for pair in exploded(one)]
    size = PROMPTS_A_STEP * (1 if whole else K * (K - 1) // 2)
    spec = RewardSpec(batch_size=size, epochs=epochs, learning_rate=rate, seed=seed)
    training = Training(spec, model, 0, learned, PLAIN)
    for _ in training.go_on():
        pass
    return {
        **{f"train {name}": value for name, value in told(model, train).items()},
        **{f"held out {name}": value for name, value in told(model, held_out).items()},
    }


def exploded(question: Question) -> list[Encoded]:
    """Each pair as a prompt of its own."""
    whole = question.encoded
    prompt = RankedPrompt("", "train", [], None, ["", ""], [Judged("", "member", [(0, 1)])])
    return [Encoded(prompt, whole.ids, [whole.completions[n] for n in pair]) for pair in question.pairs]


def told(model: Any, questions: list[Question]) -> dict[str, float]:
    """On the noisy pairs loss and accuracy; and how often the truly better text is ahead, where one is."""
    rewards = score(model, [pair for one in questions for pair in one.encoded.pairs], 0).view(-1, K)
    margins, truths = [], []
    for own, one in zip(rewards, questions, strict=True):
        better, worse = torch.tensor(one.pairs).T
        margins.append(own[better] - own[worse])
        utility = torch.tensor(one.utilities)
        gap = utility[:, None] - utility
        truths.append((own[:, None] - own)[gap > 0] > 0)
    said = torch.cat(margins)
    return {
        "loss": -logsigmoid(said).mean().item(),
        "accuracy": (said > 0).double().mean().item(),
        "truth": torch.cat(truths).double().mean().item(),
    }


def _report(found: list[dict[str, Any]], given: dict[str, Any]) -> None:
    names = [name for name in found[0] if name.startswith(("train", "held out"))]
    rows = []
    for epochs, rate, way in dict.fromkeys((one["epochs"], one["rate"], one["way"]) for one in found):
        those = [one for one in found if (one["epochs"], one["rate"], one["way"]) == (epochs, rate, way)]
        means = [f"{statistics.mean(one[name] for one in those):.3f}" for name in names]
        rows.append([f"{epochs} x, {rate:g}, {way}", *means])
    say("\n" + table(["epochs, rate, way", *names], rows) + "\n")
    path = write(
        "overfit",
        given
        | {"machine": machine(), "means": [dict(zip(["", *names], row, strict=True)) for row in rows], "runs": found},
    )
    say(str(path.relative_to(path.parents[2])))


if __name__ == "__main__":
    main([])
