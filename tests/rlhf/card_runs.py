"""Prompts, rankings and rewards for tests of the report card, and small runs of the reward program with several labelers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np

from tests.rlhf import make, planted
from workers.rlhf.card.interval import Resamples
from workers.rlhf.card.table import Table, table_of
from workers.rlhf.preference.ranked import Judged, RankedPrompt

LIKED = "soup"


def judged(labeler: str, tiers: Sequence[int], *, kind: str = "member", cohort: str = "training", shown=None) -> Judged:
    """A ranking of all texts of a prompt; `shown`: the place of each text."""
    places = range(len(tiers))
    pairs = [(one, other) for one in places for other in places if tiers[one] < tiers[other]]
    order = {} if shown is None else dict(enumerate(shown))
    return Judged(labeler, kind, pairs, cohort, dict(enumerate(tiers)), order)


def prompt_of(texts: Sequence[str], *rankings: Judged, uid: str = "p", use_case: str = "") -> RankedPrompt:
    said = [{"role": "user", "content": f"prompt {uid}"}]
    return RankedPrompt(uid, "validation", said, None, list(texts), list(rankings), use_case)


def draws_of(table: Table, resamples: int = 200) -> Resamples:
    return Resamples(len(table.prompts), resamples=resamples, seed=0)


def pairs_table(prompts: int, pairs: int = 1) -> Table:
    """So many prompts with as many pairs of texts each, the first of which was preferred."""
    texts = [f"{n}" for n in range(2 * pairs)]
    said = Judged("ann", "member", [(2 * n, 2 * n + 1) for n in range(pairs)])
    return table_of([prompt_of(texts, said, uid=str(n)) for n in range(prompts)])


def values_of(table: Table, margins: np.ndarray) -> np.ndarray:
    """Values of all texts that have these margins, where no text is in two pairs."""
    values = np.zeros(len(table.texts))
    values[table.better] = margins
    return values


def write_tastes(
    folder: Path, *, train: int, validation: int, people: Sequence[str], contrary: Sequence[str] = (), seed: int = 0
) -> None:
    """rankings.jsonl: replies that name the liked dish are better; to the contrary people they are worse.

    Each prompt is ranked by two of the people.
    """
    chance = Random(seed)
    records = []
    for number in range(train + validation):
        prompt, split = planted.prompt_text(chance), "train" if number < train else "validation"
        texts = [_reply(chance, liked) for liked in (True, True, False, False)]
        for labeler in chance.sample(list(people), 2):
            tiers = [2, 2, 1, 1] if labeler in contrary else [1, 1, 2, 2]
            order = chance.sample(range(4), 4)
            record = planted.ranking(f"p{number}", prompt, texts, tiers, labeler=labeler, split=split)
            records.append(replace(record, shown_order=order, use_case="brainstorming" if number % 2 else "chat"))
    make.write(folder / "rankings.jsonl", records)


def _reply(chance: Random, liked: bool) -> str:
    words = [*chance.choices(planted.PLAIN, k=chance.randint(2, 6)), LIKED if liked else "salad"]
    chance.shuffle(words)
    return " ".join(words)
