"""Plackett-Luce over many small tasks at once, each labeler with a reliability.

R. Plackett, 1975; R. D. Luce, Individual Choice Behavior, 1959. A ranking is a row of choices: the best of all, then the
best of the rest, and so on; a candidate of strength b is chosen by a labeler of reliability r with a probability
proportional to exp(r b). r = 1 is the average labeler, r = 0 chooses blindly. Ties as N. Breslow's (Biometrics 30, 1974,
for the same likelihood): each of the tied is chosen from all that are left, the other tied ones among them, so a tie says
that they are alike.

What is maximised is the likelihood with a normal prior on strengths (mean 0) and on reliabilities (mean 1), so that few
judgments say little rather than everything. It is concave in either given the other: the two take turns, and it only rises.
Twice the reliabilities and half the strengths are equally likely, so the scale is fixed: over all rankings the mean
reliability is 1. Left to the priors, the strengths of many tasks would shrink until every reliability is at its bound.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.quality.domain.resampling import Floats
from apps.quality.domain.table import Ints, Tiers

Places = npt.NDArray[np.int32]
# The spread of strengths, and of reliabilities around 1.
STRENGTHS, RELIABILITIES = 1.5, 0.5
# Never nothing at all: who alone ranked a task is heard there, however careless elsewhere.
RELIABILITY_LEAST, RELIABILITY_MOST = 0.01, 4.0
_ROUNDS, _HALVINGS, _STILL = 300, 30, 1e-7
_BISECTIONS, _REMEMBERED = 100, 5
# Turns of strengths and reliabilities. Rankings that tell labelers apart take 10 to 20; from others there is little to learn.
_TURNS = 60
# Of reliabilities, which are told to three digits; strengths are brought to rest after them.
_AT_REST = 1e-3


@dataclass(frozen=True, eq=False)
class Rankings:
    """Rows sorted by task, all of one number of candidates K. `task` and `labeler` count from 0."""

    task: Ints
    labeler: Ints
    tiers: Tiers

    @property
    def starts(self) -> npt.NDArray[np.intp]:
        return np.flatnonzero(np.append(True, self.task[1:] != self.task[:-1]))


@dataclass(frozen=True, eq=False)
class Stages:
    """Each ranking's places from the best: who stands there, and the first and last place of its tier. They do not change
    while strengths are sought, and sums along them are all that is needed: work grows with K, not with its square.

    All four say where among the values of all rankings, one after the other, that one is found. Sums along so short a row
    are products with a matrix of ones: NumPy takes ten times as long for them."""

    who: Places
    place: Places
    first: Places
    last: Places

    @classmethod
    def of(cls, tiers: Tiers) -> "Stages":
        who = np.argsort(tiers, axis=1, kind="stable")
        ordered = np.take_along_axis(tiers, who, axis=1)
        places = np.arange(tiers.shape[1])
        starts = np.append(np.ones((len(tiers), 1), np.bool_), ordered[:, 1:] != ordered[:, :-1], axis=1)
        first = np.maximum.accumulate(np.where(starts, places, 0), axis=1)
        ends = np.append(starts[:, 1:], np.ones((len(tiers), 1), np.bool_), axis=1)
        last = np.minimum.accumulate(np.where(ends, places, places[-1])[:, ::-1], axis=1)[:, ::-1]
        begin = np.arange(len(tiers))[:, None] * tiers.shape[1]
        return cls(*((begin + one).astype(np.int32) for one in (who, np.argsort(who, axis=1), first, last)))

    def along(self, values: Floats) -> Floats:
        """Values by candidate as values by place."""
        return values.ravel().take(self.who)

    def back(self, values: Floats) -> Floats:
        return values.ravel().take(self.place)

    def left(self, values: Floats) -> Floats:
        """Of values by place, for each choice the sum over those it is made from."""
        return (values @ np.tri(values.shape[1])).ravel().take(self.first)

    def so_far(self, values: Floats) -> Floats:
        """Of values by choice, for each place the sum over all choices that it was there for."""
        return (values @ np.tri(values.shape[1]).T).ravel().take(self.last)


def _sums(values: Floats) -> Floats:
    found: Floats = values @ np.ones(values.shape[1])
    return found


def _weights(utility: Floats) -> tuple[Floats, Floats]:
    """exp of utilities by place, and what was taken off them first."""
    top = np.ascontiguousarray(utility.T).max(axis=0)[:, None]
    return np.exp(utility - top), top


def likelihoods(utility: Floats, stages: Stages) -> Floats:
    """The log-likelihood of each ranking; utilities by place."""
    weights, top = _weights(utility)
    return _sums(utility - top - np.log(stages.left(weights)))


def derivatives(rows: Rankings, reliability: Floats, strengths: Floats, stages: Stages) -> tuple[Floats, Floats]:
    """Of the strengths of each task: the gradient (tasks, K), and the information (tasks, K, K)."""
    starts, k = rows.starts, strengths.shape[1]
    weights, _ = _weights(stages.along(reliability[:, None] * strengths.take(rows.task, axis=0)))
    once = 1 / stages.left(weights)
    chosen = stages.back(weights * stages.so_far(once))
    # Two candidates were there together for the choices up to the better one's.
    weights, together = stages.back(weights), stages.back(stages.so_far(once**2))
    inside = -weights[:, :, None] * weights[:, None, :] * np.minimum(together[:, :, None], together[:, None, :])
    inside[:, np.arange(k), np.arange(k)] += chosen
    inside *= (reliability**2)[:, None, None]
    each = reliability[:, None] * (1 - chosen)
    gradient = np.add.reduceat(each, starts, axis=0) - strengths / STRENGTHS**2
    information = np.add.reduceat(inside, starts, axis=0) + np.eye(k) / STRENGTHS**2
    return gradient, information


def strengths_step(rows: Rankings, reliability: Floats, strengths: Floats, stages: Stages) -> tuple[Floats, float]:
    """One of Newton's steps towards the likeliest strengths, halved where it would go down; and the longest of them."""
    height = _height(rows, reliability, strengths, stages)
    gradient, information = derivatives(rows, reliability, strengths, stages)
    step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
    for _halving in range(_HALVINGS):
        worse = _height(rows, reliability, strengths + step, stages) < height - 1e-12
        if not worse.any():
            break
        step[worse] /= 2
    return strengths + step, float(np.abs(step).max(initial=0))


def strengths_of(rows: Rankings, reliability: Floats, begin: Floats, stages: Stages) -> Floats:
    """The strengths (tasks, K) that are likeliest given every ranking's reliability."""
    strengths = begin
    for _ in range(_ROUNDS):
        strengths, longest = strengths_step(rows, reliability, strengths, stages)
        if longest < _STILL:
            break
    return strengths


def _height(rows: Rankings, reliability: Floats, strengths: Floats, stages: Stages) -> Floats:
    likelihood = likelihoods(stages.along(reliability[:, None] * strengths.take(rows.task, axis=0)), stages)
    found: Floats = np.add.reduceat(likelihood, rows.starts) - (strengths**2).sum(axis=1) / (2 * STRENGTHS**2)
    return found


@dataclass(eq=False)
class Part:
    """Tasks of one number of candidates, and how far their strengths have been found."""

    rows: Rankings
    stages: Stages
    strengths: Floats

    @classmethod
    def of(cls, rows: Rankings) -> "Part":
        tasks = int(rows.task[-1]) + 1
        return cls(rows, Stages.of(rows.tiers), np.zeros((tasks, rows.tiers.shape[1])))


@dataclass(frozen=True, slots=True)
class Fitted:
    """`heights`: what was maximised, round by round."""

    reliability: Floats
    heights: list[float]


def fit(parts: list[Part], labelers: int) -> Fitted:
    """Strengths (left in `parts`) and the reliability of each labeler, a step of either by turns until nothing moves, and
    after each turn a leap. One that leads down is taken back."""
    said = np.zeros(labelers)
    for part in parts:
        said += np.bincount(part.rows.labeler, minlength=labelers)
    reliability, heights = np.ones(labelers), list[float]()
    turns, kept = list[tuple[Floats, Floats]](), (reliability, [part.strengths for part in parts])
    for _ in range(_TURNS):
        before = reliability
        for part in parts:
            weight = before[part.rows.labeler]
            part.strengths, _longest = strengths_step(part.rows, weight, part.strengths, part.stages)
        reliability = _reliabilities(parts, before, said)
        height = height_of(parts, reliability)
        if heights and height < heights[-1]:
            reliability, strengths = kept
            for part, known in zip(parts, strengths, strict=True):
                part.strengths = known
            turns = []
            continue
        heights.append(height)
        if np.abs(reliability - before).max(initial=0) < _AT_REST:
            break
        kept = reliability, [part.strengths for part in parts]
        turns = [*turns[-_REMEMBERED:], (before, reliability)]
        reliability = around_1(_leap(turns), said, (said > 0).astype(np.float64))
    for part in parts:
        part.strengths = strengths_of(part.rows, reliability[part.rows.labeler], part.strengths, part.stages)
    heights.append(height_of(parts, reliability))
    return Fitted(reliability, heights)


def _leap(turns: list[tuple[Floats, Floats]]) -> Floats:
    """To where the last turns, each from one point to another, together point (D. Anderson, Journal of the ACM 12, 1965):
    the mix of their ends for which the same mix of their ways is shortest."""
    ends = np.array([end for _, end in turns])
    ways = ends - np.array([begin for begin, _ in turns])
    mix, *_ = np.linalg.lstsq(np.diff(ways, axis=0).T, ways[-1], rcond=None)
    found: Floats = ends[-1] - mix @ np.diff(ends, axis=0)
    return found


def height_of(parts: list[Part], reliability: Floats) -> float:
    """What is maximised: the log-likelihood with its priors."""
    total = -float(((reliability - 1) ** 2).sum()) / (2 * RELIABILITIES**2)
    for part in parts:
        total += float(_height(part.rows, reliability[part.rows.labeler], part.strengths, part.stages).sum())
    return total


def _reliabilities(parts: list[Part], reliability: Floats, said: Floats) -> Floats:
    """One of Newton's steps towards the likeliest reliabilities with a mean of 1 given all strengths, halved where it would
    go down."""
    count = len(reliability)
    slope, bend = -(reliability - 1) / RELIABILITIES**2, np.full(count, 1 / RELIABILITIES**2)
    for part in parts:
        labeler, stages = part.rows.labeler, part.stages
        strengths = stages.along(part.strengths.take(part.rows.task, axis=0))
        weights, _ = _weights(reliability[labeler][:, None] * strengths)
        left = stages.left(weights)
        mean = stages.left(weights * strengths) / left
        spread = stages.left(weights * strengths**2) / left - mean**2
        slope += np.bincount(labeler, _sums(strengths - mean), minlength=count)
        bend += np.bincount(labeler, _sums(spread), minlength=count)
    step = around_1(reliability + slope / bend, said, said / bend) - reliability
    height = height_of(parts, reliability)
    for _halving in range(_HALVINGS):
        if height_of(parts, reliability + step) >= height - 1e-9:
            break
        step /= 2
    found: Floats = reliability + step
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
