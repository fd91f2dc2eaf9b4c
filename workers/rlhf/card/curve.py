"""Would more labels help? The same training on shares of its prompts, each measured on the same held-out pairs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from workers.rlhf.card.interval import Floats, Number, Resamples
from workers.rlhf.card.table import Table, right


@dataclass(frozen=True)
class Point:
    """A model trained on so much, and its raw rewards of all held-out texts."""

    share: float
    trained_prompts: int
    trained_comparisons: int
    rewards: Floats


def shares_of(points: int) -> list[float]:
    """Each half of the next: 1/2 for one point, 1/4 and 1/2 for two."""
    return [0.5**n for n in range(points, 0, -1)]


def learning_curve(table: Table, points: Sequence[Point], resamples: Resamples) -> dict[str, Any]:
    """At least two points, rising; the last is the model that the report is about."""
    answers = [right(table.margins(one.rewards)) for one in points]
    every = np.ones(len(table))
    rights, pairs = table.by_prompt(*answers), table.by_prompt(*(every for _ in points))
    shares = resamples.accuracies(rights, pairs)
    doubling = resamples.number(np.hstack([rights, pairs]), _gain([one.trained_prompts for one in points]))
    return {
        "points": [
            {"share": one.share, "trained_prompts": one.trained_prompts, "trained_comparisons": one.trained_comparisons}
            | (asdict(share) if share else {})
            for one, share in zip(points, shares, strict=True)
        ],
        "doubling": _doubling(doubling),
        "why_no_doubling": None if doubling else "Too few prompts are held out to tell.",
    }


def _gain(prompts: Sequence[int]) -> Any:
    """The slope of the straight line of least squares through accuracy against log2(prompts)."""
    at = np.log2(prompts)
    at = at - at.mean()

    def gain(sums: Floats) -> Floats:
        accuracy = sums[..., : len(prompts)] / sums[..., len(prompts) :]
        found: Floats = accuracy @ at / (at @ at)
        return found

    return gain


def _doubling(found: Number | None) -> dict[str, Any] | None:
    return {"gain": asdict(found), "shown": found.side > 0} if found else None
