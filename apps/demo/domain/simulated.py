"""Simulated labelers: rankings drawn from a known quality, so that the demo has something to train on.

A Plackett-Luce labeler: each candidate's quality plus Gumbel noise, then sorted. Neighbours closer than
`tie_gap` share a tier, as people are asked to do when they would not mind which they receive.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimulatedLabeler:
    """`noise` is the scale of the Gumbel noise, in points of the 1 to 7 quality."""

    name: str
    noise: float
    tie_gap: float
    held_out: bool = False


# With this noise two of them agree on about as many pairs as InstructGPT's labelers did (72.6 ± 1.5 %,
# section 3.4); a test holds them to it.
LABELERS = tuple(
    SimulatedLabeler(f"simulated-{number:02}", noise=0.8 + 0.04 * number, tie_gap=0.3, held_out=number > 9)
    for number in range(1, 13)
)


def draw_tiers(qualities: Sequence[float], labeler: SimulatedLabeler, rng: random.Random) -> list[int]:
    """Dense tiers (1 best) in the order of `qualities`."""
    felt = [quality + labeler.noise * _gumbel(rng) for quality in qualities]
    best_first = sorted(range(len(felt)), key=lambda position: -felt[position])
    tiers = [0] * len(felt)
    tier = 1
    for above, position in zip([None, *best_first], best_first, strict=False):
        if above is not None and felt[above] - felt[position] >= labeler.tie_gap:
            tier += 1
        tiers[position] = tier
    return tiers


def _gumbel(rng: random.Random) -> float:
    return -math.log(-math.log(rng.random() or 1e-12))
