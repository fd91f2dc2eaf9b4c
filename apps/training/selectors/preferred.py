"""Whose replies people ranked above whose, of models that answered the same prompts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

import numpy as np

from apps.quality.domain.bias.intervals import over_prompts, ratio, wilson
from apps.quality.domain.sums import Ints, Sums
from apps.registry.models import ModelVersion

# Of fewer prompts an interval says more of the method than of the models.
FEWEST_PROMPTS = 5


@dataclass(frozen=True, slots=True)
class Preferred:
    """How often `one` was ranked above `other`, over every pair of their replies in a ranking.

    `share` counts a tie for half; its 95 % interval draws whole prompts, with all that was said of them.
    """

    one: ModelVersion
    other: ModelVersion
    above: int
    tied: int
    below: int
    prompts: int
    share: float
    low: float | None
    high: float | None

    @property
    def comparisons(self) -> int:
        return self.above + self.tied + self.below


@dataclass(frozen=True, slots=True)
class Counted:
    """Of two models each, whose replies were ranked together; `computed_at` is when rankings were last counted."""

    pairs: list[Preferred]
    computed_at: datetime


Pair = tuple[ModelVersion, ModelVersion]
# Of prompts of which the same was said: above, tied, below, and how many prompts.
Kinds = list[list[int]]


def each_two(models: list[ModelVersion]) -> list[Pair]:
    return list(combinations(models, 2))


def outcomes_told(outcomes: Sums) -> dict[str, Any]:
    """As it is kept: of each two models, by their keys, what was said of how many prompts."""
    pairs: dict[tuple[int, int], Kinds] = {}
    for (one, other, *said), (prompts,) in zip(outcomes.keys.tolist(), outcomes.counts.tolist(), strict=True):
        pairs.setdefault((one, other), []).append([*said, prompts])
    return {"pairs": [{"one": one, "other": other, "said": said} for (one, other), said in pairs.items()]}


def preferred_of(pairs: Iterable[Pair], kept: Mapping[str, Any]) -> list[Preferred]:
    """Of those pairs whose replies were ranked together, in the order given. `kept` is what `outcomes_told` told."""
    kinds: dict[tuple[int, int], Kinds] = {(pair["one"], pair["other"]): pair["said"] for pair in kept["pairs"]}
    found = []
    for one, other in pairs:
        if said := kinds.get((one.pk, other.pk)) or _turned(kinds.get((other.pk, one.pk))):
            found.append(_counted(one, other, np.array(said, np.int64)))
    return found


def _turned(kinds: Kinds | None) -> Kinds:
    return [[below, tied, above, prompts] for above, tied, below, prompts in kinds or []]


def _counted(one: ModelVersion, other: ModelVersion, kinds: Ints) -> Preferred:
    counts = np.repeat(kinds[:, :3], kinds[:, 3], axis=0)
    above, tied, below = (int(number) for number in counts.sum(axis=0))
    share = (above + tied / 2) / (above + tied + below)
    low, high = _interval(counts, share)
    return Preferred(one, other, above, tied, below, len(counts), share, low, high)


def _interval(counts: Ints, share: float) -> tuple[float | None, float | None]:
    """Where every prompt says the same, drawing them would claim certainty: then each prompt is one observation."""
    if len(counts) < FEWEST_PROMPTS:
        return None, None
    halves = np.column_stack([2 * counts[:, 0] + counts[:, 1], 2 * counts.sum(axis=1)])
    found = over_prompts(halves, ratio) if np.ptp(halves[:, 0] / halves[:, 1]) > 0 else None
    found = found or wilson(share * len(counts), len(counts))
    return found.low, found.high
