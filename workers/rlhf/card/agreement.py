"""How often two labelers agree: the ceiling that a reward model must be read beside (InstructGPT: 72.6 %)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from workers.rlhf.card.interval import Floats
from workers.rlhf.card.table import Ints
from workers.rlhf.preference.ranked import Judged, RankedPrompt


@dataclass(frozen=True)
class Meetings:
    """A row a couple of rankings of one prompt by different people.

    `one` and `other` count the rankings of all prompts, in their order; `same`: pairs that both ordered alike; `both`:
    pairs that both ordered strictly.
    """

    prompt: Ints
    one: Ints
    other: Ints
    same: Floats
    both: Floats


def meetings(prompts: Sequence[RankedPrompt]) -> Meetings:
    """A pool's consensus is no labeler, and nobody is compared with himself."""
    rows = []
    first = 0
    for place, prompt in enumerate(prompts):
        people = [(first + n, ranking) for n, ranking in enumerate(prompt.rankings) if ranking.by_one]
        for (n, one), (m, other) in combinations(people, 2):
            if one.labeler != other.labeler:
                rows.append((place, n, m, *_compare(one, other)))
        first += len(prompt.rankings)
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return Meetings(columns[0], columns[1], columns[2], columns[3].astype(np.float64), columns[4].astype(np.float64))


def agreement(prompts: Sequence[RankedPrompt]) -> tuple[Floats, Floats]:
    """Pairs on which two labelers agree, and pairs that both ordered strictly, both (prompts,): InstructGPT's number."""
    met = meetings(prompts)
    same, both = (np.bincount(met.prompt, one, len(prompts)) for one in (met.same, met.both))
    return same.astype(np.float64), both.astype(np.float64)


def _compare(one: Judged, other: Judged) -> tuple[int, int]:
    said, heard = set(one.pairs), set(other.pairs)
    agreed = len(said & heard)
    return agreed, agreed + sum((worse, better) in heard for better, worse in said)
