"""One ranking out of several of the same task: Plackett-Luce strengths, with how reliable each labeler is.

The order is that of the strengths. Two candidates tie unless that order has more votes, each weighed by its labeler's
reliability, than a tie and than the reverse; and where their strengths are equal. From the best downwards a candidate
joins the tier above when it ties with everyone there. So what all say alike is what comes out, one labeler's ranking is
itself, and where labelers are evenly split there is a tie, which teaches nothing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.quality.domain.resampling import Bools, Floats
from apps.quality.domain.table import Ints, Tiers

from .plackett_luce import Part, Rankings, derivatives, shares, strengths_of
from .reliability import fit

DIGITS = 4
# Rankings computed with at a time: beside their columns that takes some 60 MB, however many there are.
BLOCK = 1 << 16
_EQUAL = 6  # digits to which strengths are compared
_erf = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True, eq=False)
class Consensus:
    """`tiers` and `reliability` by task, `weight` by labeler: how reliable each was found, 1 being the average.

    A ranking's reliability is the mean over the pairs it orders of the probability that the order is right (normal around
    the strengths, their covariance the inverse of the information); NaN where it orders none.
    """

    tiers: Tiers
    reliability: Floats
    weight: Floats


def consensus(task: Ints, labeler: Ints, tiers: Tiers) -> Consensus:
    """Rows in any order, one a labeler and task, `tiers` of a task aligned alike; tasks and labelers count from 0, each
    task with a row. Reliabilities come from the tasks with several; who is in none of those is taken as average."""
    tasks, labelers = int(task.max()) + 1, int(labeler.max()) + 1
    order = np.lexsort((labeler, task))
    task, labeler, tiers = task[order], labeler[order], tiers[order]
    several = np.bincount(task, minlength=tasks)[task] > 1
    shared = list(_blocks(task, labeler, tiers, several))
    fitted = fit([block.part for block in shared], labelers)
    found = Consensus(np.zeros((tasks, tiers.shape[1]), np.int8), np.full(tasks, np.nan), fitted.reliability)
    for block in shared:
        _settle(found, block, fitted.spread)
    for block in _blocks(task, labeler, tiers, ~several):
        weight, part = found.weight[block.part.rows.labeler], block.part
        part.strengths = strengths_of(part.rows, weight, part.strengths, part.stages, fitted.spread)
        _settle(found, block, fitted.spread)
    return found


@dataclass(frozen=True, eq=False)
class _Block:
    """Some whole tasks of one number of candidates; `names` says which the part's tasks are."""

    names: Ints
    part: Part


def _blocks(task: Ints, labeler: Ints, tiers: Tiers, chosen: Bools) -> Iterator[_Block]:
    """Those of the rows, which are sorted by task, in blocks of about BLOCK."""
    size = np.count_nonzero(tiers, axis=1)
    for k in np.unique(size[chosen]).tolist():
        rows = np.flatnonzero(chosen & (size == k))
        _, first, place = np.unique(task[rows], return_index=True, return_inverse=True)
        cuts = np.flatnonzero(np.diff(first[place] // BLOCK)) + 1
        for some in np.split(rows, cuts):
            names, place = np.unique(task[some], return_inverse=True)
            yield _Block(names, Part.of(Rankings(place, labeler[some], tiers[some, :k])))


def _settle(found: Consensus, block: _Block, spread: float) -> None:
    """Write tiers and reliability of these tasks, whose strengths are at rest."""
    part, names = block.part, block.names
    weight, strengths = found.weight[part.rows.labeler], part.strengths
    _, information = derivatives(part.rows, *shares(part.rows, weight, strengths, part.stages), strengths, spread)
    tiers = _tiers(strengths, _ties(part, weight, strengths))
    found.tiers[names, : tiers.shape[1]] = tiers
    found.reliability[names] = _reliability(tiers, strengths, np.asarray(np.linalg.inv(information), np.float64))


def _ties(part: Part, weight: Floats, strengths: Floats) -> Bools:
    """(tasks, K, K): whether no more votes stand for the order of the strengths than for a tie or against it."""
    tiers, starts = part.rows.tiers, part.rows.starts
    one, other = tiers[:, :, None], tiers[:, None, :]
    votes = [
        np.add.reduceat(weight[:, None, None] * said, starts, axis=0)
        for said in (one < other, one == other, one > other)
    ]
    close = np.round(strengths, _EQUAL)
    stronger, weaker = close[:, :, None] > close[:, None, :], close[:, :, None] < close[:, None, :]
    with_it = np.where(stronger, votes[0], votes[2])
    against = np.maximum(votes[1], np.where(stronger, votes[2], votes[0]))
    tied: Bools = (with_it <= against + 1e-9) | ~(stronger | weaker)
    return tied


def _tiers(strengths: Floats, ties: Bools) -> Tiers:
    """From the best down: one that ties with everyone of the tier above joins it."""
    tasks, k = strengths.shape
    order = np.argsort(-np.round(strengths, _EQUAL), axis=1, kind="stable")
    rows = np.arange(tasks)
    tier, begin = np.ones(tasks, np.int64), np.zeros(tasks, np.int64)
    found = np.zeros((tasks, k), np.int8)
    found[rows, order[:, 0]] = 1
    for place in range(1, k):
        own = order[:, place]
        joins = np.ones(tasks, np.bool_)
        for above in range(place):
            joins &= (above < begin) | ties[rows, own, order[:, above]]
        tier += ~joins
        begin = np.where(joins, begin, place)
        found[rows, own] = tier
    return found


def _reliability(tiers: Tiers, strengths: Floats, covariance: Floats) -> Floats:
    total, ordered = np.zeros(len(tiers)), np.zeros(len(tiers))
    for one in range(tiers.shape[1]):
        for other in range(one):
            spread = covariance[:, one, one] + covariance[:, other, other] - 2 * covariance[:, one, other]
            apart = np.abs(strengths[:, one] - strengths[:, other]) / np.sqrt(np.maximum(spread, 1e-12))
            right = 0.5 * (1 + np.asarray(_erf(apart / math.sqrt(2)), np.float64))
            strict = tiers[:, one] != tiers[:, other]
            total += right * strict
            ordered += strict
    return np.where(ordered > 0, np.round(total / np.maximum(ordered, 1), DIGITS), np.nan)
