"""Plackett-Luce over many small tasks at once, each labeler with a reliability.

R. Plackett, 1975; R. D. Luce, Individual Choice Behavior, 1959. A ranking is a row of choices: the best of all, then the
best of the rest, and so on; a candidate of strength b is chosen by a labeler of reliability r with a probability
proportional to exp(r b). r = 1 is the average labeler, r = 0 chooses blindly. Ties as N. Breslow's (Biometrics 30, 1974,
for the same likelihood): each of the tied is chosen from all that are left, the other tied ones among them, so a tie says
that they are alike.

Strengths are the likeliest under a normal prior around 0, so that few judgments say little rather than everything: one
concave maximum a task, found by Newton's steps. How reliable labelers are is estimated in `reliability`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.quality.domain.resampling import Floats
from apps.quality.domain.table import Ints, Tiers

Places = npt.NDArray[np.int32]
_ROUNDS, _HALVINGS, _STILL = 300, 30, 1e-7
# No strength moves further in a step: where a maximum is flat, Newton's would lead to where exp() of it is 0.
_STEP = 5.0


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


def sums(values: Floats) -> Floats:
    found: Floats = values @ np.ones(values.shape[1])
    return found


def weights_of(utility: Floats) -> tuple[Floats, Floats]:
    """exp of utilities by place, and what was taken off them first."""
    top = np.ascontiguousarray(utility.T).max(axis=0)[:, None]
    return np.exp(utility - top), top


def likelihoods(utility: Floats, stages: Stages) -> Floats:
    """The log-likelihood of each ranking; utilities by place."""
    weights, top = weights_of(utility)
    return sums(utility - top - np.log(stages.left(weights)))


def shares(rows: Rankings, reliability: Floats, strengths: Floats, stages: Stages) -> tuple[Floats, Floats]:
    """What each ranking adds to the gradient of its task's strengths (rankings, K), and to the information (rankings, K, K)."""
    k = strengths.shape[1]
    weights, _ = weights_of(stages.along(reliability[:, None] * strengths.take(rows.task, axis=0)))
    once = 1 / stages.left(weights)
    chosen = stages.back(weights * stages.so_far(once))
    # Two candidates were there together for the choices up to the better one's.
    weights, together = stages.back(weights), stages.back(stages.so_far(once**2))
    inside = -weights[:, :, None] * weights[:, None, :] * np.minimum(together[:, :, None], together[:, None, :])
    inside[:, np.arange(k), np.arange(k)] += chosen
    inside *= (reliability**2)[:, None, None]
    return reliability[:, None] * (1 - chosen), inside


def derivatives(
    rows: Rankings, each: Floats, inside: Floats, strengths: Floats, spread: float
) -> tuple[Floats, Floats]:
    """Of the strengths of each task, from what each ranking adds: the gradient (tasks, K), the information (tasks, K, K)."""
    gradient = np.add.reduceat(each, rows.starts, axis=0) - strengths / spread**2
    information = np.add.reduceat(inside, rows.starts, axis=0) + np.eye(strengths.shape[1]) / spread**2
    return gradient, information


def newton(gradient: Floats, information: Floats) -> Floats:
    step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
    found: Floats = step * (_STEP / np.maximum(np.abs(step).max(axis=1, keepdims=True), _STEP))
    return found


def risen(
    rows: Rankings, reliability: Floats, strengths: Floats, stages: Stages, spread: float, step: Floats
) -> Floats:
    """Strengths a step on, which is halved in each task where it would go down."""
    height = heights(rows, reliability, strengths, stages, spread)
    for _halving in range(_HALVINGS):
        worse = heights(rows, reliability, strengths + step, stages, spread) < height - 1e-12
        if not worse.any():
            break
        step = np.where(worse[:, None], step / 2, step)
    return strengths + step


def strengths_of(rows: Rankings, reliability: Floats, begin: Floats, stages: Stages, spread: float) -> Floats:
    """The strengths (tasks, K) that are likeliest given every ranking's reliability."""
    strengths = begin
    for _ in range(_ROUNDS):
        step = newton(*derivatives(rows, *shares(rows, reliability, strengths, stages), strengths, spread))
        before, strengths = strengths, risen(rows, reliability, strengths, stages, spread, step)
        if np.abs(strengths - before).max(initial=0) < _STILL:
            break
    return strengths


def heights(rows: Rankings, reliability: Floats, strengths: Floats, stages: Stages, spread: float) -> Floats:
    """What strengths maximise, of each task: the log-likelihood with its prior."""
    likelihood = likelihoods(stages.along(reliability[:, None] * strengths.take(rows.task, axis=0)), stages)
    found: Floats = np.add.reduceat(likelihood, rows.starts) - (strengths**2).sum(axis=1) / (2 * spread**2)
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
