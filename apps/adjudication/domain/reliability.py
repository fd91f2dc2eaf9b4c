"""How reliable each labeler is: how well the others' judgments of the same tasks foretell theirs.

A ranking helps to find its task's strengths, so under those it always looks likelier than it is, the more so the fewer
judgments a task has: whoever is given more weight draws the strengths to themselves, and is given more still. So each
ranking is judged by strengths found without it (M. Stone, Journal of the Royal Statistical Society B 36, 1974: a choice by
what was left out). Those are one of Newton's steps from the strengths of all (D. Pregibon, Annals of Statistics 9, 1981).

Twice the reliabilities and half the strengths are equally likely, so over all rankings the mean reliability is 1; and the
spread of strengths is the one under which the strengths that others give foretell best: too wide a spread makes all look
careless.
"""

import math
from dataclasses import dataclass

import numpy as np

from apps.quality.domain.resampling import Floats

from .plackett_luce import Part, derivatives, newton, risen, shares, strengths_of, sums, weights_of

# Normal priors: reliabilities around 1, the spread's logarithm around that of SPREAD.
RELIABILITIES = 0.5
SPREAD, SPREADS = 1.5, 0.5
# Never nothing at all: who alone ranked a task is heard there, however careless elsewhere.
RELIABILITY_LEAST, RELIABILITY_MOST = 0.01, 4.0
_SPREADS = math.log(0.1), math.log(3.0)
_BISECTIONS, _REMEMBERED = 100, 5
# Rankings that tell labelers apart take 5 to 16; from camps that contradict each other there is nothing to learn.
_TURNS = 60
# Of reliabilities, which are told to three digits, and of the spread's logarithm.
_AT_REST = 1e-3
# Digits kept from turn to turn: how sums are rounded depends on the order of listing, and must not grow into a difference.
_KEPT = 9


@dataclass(frozen=True, slots=True)
class Fitted:
    """`spread`: of the strengths. `moves`: how far the estimate moved, turn by turn."""

    reliability: Floats
    spread: float
    moves: list[float]


def fit(parts: list[Part], labelers: int) -> Fitted:
    """The reliability of each labeler; strengths are left in `parts`. Strengths, and what they say of labelers, take turns
    until nothing moves, and after each turn there is a leap."""
    said = np.zeros(labelers)
    for part in parts:
        said += np.bincount(part.rows.labeler, minlength=labelers)
    at, turns, moves = np.append(np.ones(labelers), math.log(SPREAD)), list[tuple[Floats, Floats]](), list[float]()
    for _ in range(_TURNS):
        to = np.round(_turn(parts, at, said), _KEPT)
        moves.append(float(np.abs(to - at).max()))
        if moves[-1] < _AT_REST:
            at = to
            break
        # Where a leap led astray, what was remembered does not hold.
        astray = len(moves) > 1 and moves[-1] > 2 * moves[-2]
        turns = [*([] if astray else turns[-_REMEMBERED:]), (at, to)]
        at = np.round(_within(_leap(turns), said), _KEPT)
    reliability, spread = at[:-1], math.exp(at[-1])
    for part in parts:
        weight = reliability[part.rows.labeler]
        part.strengths = strengths_of(part.rows, weight, part.strengths, part.stages, spread)
    return Fitted(reliability, spread, moves)


def _turn(parts: list[Part], at: Floats, said: Floats) -> Floats:
    """From reliabilities and the spread's logarithm, one of Newton's steps of each; and one of all strengths by the way."""
    reliability, spread = at[:-1], at[-1]
    slope, bend = np.zeros(len(said)), np.zeros(len(said))
    for part in parts:
        labeler, others = part.rows.labeler, without_own(part, reliability, math.exp(spread))
        for total, values in zip((slope, bend), foretold(part, reliability[labeler], others), strict=True):
            total += np.bincount(labeler, values, minlength=len(said))
    # All strengths are told alike by twice the spread and by twice all reliabilities.
    scale = (reliability * slope).sum() - (spread - math.log(SPREAD)) / SPREADS**2
    longer = scale / (2 * (reliability**2 * bend).sum() + 1 / SPREADS**2)
    slope, bend = slope - (reliability - 1) / RELIABILITIES**2, bend + 1 / RELIABILITIES**2
    longer = np.clip(spread + np.clip(longer, -0.5, 0.5), *_SPREADS)
    return np.append(around_1(reliability + slope / bend, said, said / bend), longer)


def without_own(part: Part, reliability: Floats, spread: float) -> Floats:
    """For each ranking the strengths (rankings, K) that the others of its task give. The part's own take a step."""
    rows, stages, weight = part.rows, part.stages, reliability[part.rows.labeler]
    each, inside = shares(rows, weight, part.strengths, stages)
    gradient, information = derivatives(rows, each, inside, part.strengths, spread)
    step = newton(gradient.take(rows.task, axis=0) - each, information.take(rows.task, axis=0) - inside)
    others = part.strengths.take(rows.task, axis=0) + step
    part.strengths = risen(rows, weight, part.strengths, stages, spread, newton(gradient, information))
    return others


def foretold(part: Part, weight: Floats, others: Floats) -> tuple[Floats, Floats]:
    """Of each ranking's likelihood under those strengths, by its labeler's reliability: the slope and the information."""
    stages, strengths = part.stages, part.stages.along(others)
    weights, _ = weights_of(weight[:, None] * strengths)
    left = stages.left(weights)
    mean = stages.left(weights * strengths) / left
    spread = stages.left(weights * strengths**2) / left - mean**2
    return sums(strengths - mean), sums(spread)


def _within(at: Floats, said: Floats) -> Floats:
    reliability = around_1(at[:-1], said, (said > 0).astype(np.float64))
    return np.append(reliability, np.clip(at[-1], *_SPREADS))


def _leap(turns: list[tuple[Floats, Floats]]) -> Floats:
    """To where the last turns, each from one point to another, together point (D. Anderson, Journal of the ACM 12, 1965):
    the mix of their ends for which the same mix of their ways is shortest."""
    ends = np.array([end for _, end in turns])
    ways = ends - np.array([begin for begin, _ in turns])
    mix, *_ = np.linalg.lstsq(np.diff(ways, axis=0).T, ways[-1], rcond=1e-6)
    found: Floats = ends[-1] - mix @ np.diff(ends, axis=0)
    return found


def around_1(wanted: Floats, said: Floats, pull: Floats) -> Floats:
    """`wanted` within its bounds, each moved by so many times its `pull` that the mean of all, weighed by the rankings
    that each `said`, is 1: the maximum of parabolas around `wanted` under that rule. Who said nothing has no pull."""
    heard = pull > 0
    if not heard.any():
        return wanted
    low = ((wanted - RELIABILITY_MOST)[heard] / pull[heard]).min()
    high = ((wanted - RELIABILITY_LEAST)[heard] / pull[heard]).max()
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        found: Floats = np.clip(wanted - middle * pull, RELIABILITY_LEAST, RELIABILITY_MOST)
        if (said * found).sum() > said.sum():
            low = middle
        else:
            high = middle
    return found
