"""Whether some labelers, or some judgments, are careless beyond the ordinary.

Suspects are those whose agreement with others on other prompts, silent retests or gold are surely below those of most,
and judgments quicker than anybody reads. What is measured is how much more they disagree, on prompts that had no say in
suspecting them, than if they were as reliable as most.
"""

from dataclasses import dataclass

import numpy as np

from apps.quality.domain.table import Ints

from .evidence import Evidence, Why, measured
from .given import Bools, Checks, Floats, Given
from .groups import Split
from .laws import above_each
from .meetings import FOLDS, Meetings, pairs_of
from .reliability import reliabilities, typical

FEWEST_LABELERS = 3
# Surely below: a one-sided test at this level, corrected for the number of labelers.
_SURELY = 0.01
# And below by as much: of the reliability of most.
_BELOW = 0.8
# Of checks passed, less than most by as much.
_CHECKS_BELOW = 0.1
# Fewer say nothing of a labeler.
_FEWEST_TASKS, _FEWEST_CHECKS = 10, 5


@dataclass(frozen=True, eq=False)
class Suspects:
    """Places of labelers, by what they are suspected for."""

    agreement: Bools
    retest: Bools
    gold: Bools

    @property
    def any(self) -> Bools:
        return self.agreement | self.retest | self.gold


@dataclass(frozen=True, eq=False)
class Noise:
    evidence: Evidence
    suspects: Suspects
    reliability: Floats


def noise(data: Given, met: Meetings, chosen: Bools, groups: Split | None) -> Noise:
    """Of the `chosen` meetings, with the groups that were found among labelers."""
    count = len(met.labelers)
    retest, gold = _low(data.retests, met.labelers), _low(data.gold, met.labelers)
    excess = np.zeros(len(met))
    for fold in range(FOLDS):
        tried, learned = chosen & (met.fold == fold), chosen & (met.fold != fold)
        found, most, low = _suspects(met, learned, groups)
        suspected = low | retest | gold
        touched = tried & (suspected[met.one] | suspected[met.other] | met.quick)
        usual = np.where(suspected, most, found)
        wanted = usual[met.one] * usual[met.other] * _shared(groups, met.one, met.other) * met.compared
        excess[touched] = ((wanted - met.agreed) / 2)[touched]
    found, _, low = _suspects(met, chosen, groups)
    suspects = Suspects(low, retest, gold)
    if count < FEWEST_LABELERS:
        return Noise(Evidence(why=Why.FEW_LABELERS), suspects, found)
    return Noise(measured(met.by_prompt(excess), met.by_prompt(met.opposite)), suspects, found)


def touched(met: Meetings, found: Noise) -> Bools:
    """The meetings that a suspect, or a judgment quicker than anybody reads, is part of."""
    suspected = found.suspects.any
    hit: Bools = suspected[met.one] | suspected[met.other] | met.quick
    return hit


def _suspects(met: Meetings, chosen: Bools, groups: Split | None) -> tuple[Floats, float, Bools]:
    """Reliabilities, that of most, and who is surely below it. Quick judgments are no measure of anybody."""
    calm = chosen & ~met.quick
    pairs = pairs_of(met, calm if calm.any() else chosen)
    found = reliabilities(pairs, _shared(groups, pairs.one, pairs.other))
    most = typical(pairs, found)
    return (
        found,
        most,
        (found < _BELOW * most) & (_below(met, calm, groups, found, most) < _SURELY / max(len(found), 1)),
    )


def _below(met: Meetings, chosen: Bools, groups: Split | None, found: Floats, most: float) -> Floats:
    """One-sided p-value of each labeler: as reliable as most. A task is the unit."""
    one, other, shared = met.one[chosen], met.other[chosen], _shared(groups, met.one[chosen], met.other[chosen])
    agreed, compared = met.agreed[chosen], met.compared[chosen]
    who, beside = np.concatenate([one, other]), np.concatenate([other, one])
    task, twice = np.tile(met.task[chosen], 2), np.tile(np.arange(len(one)), 2)
    wanted = (compared * shared)[twice] * most * found[beside]
    keys, place = np.unique(who * len(met.tasks) + task, return_inverse=True)
    short = np.bincount(place, wanted - agreed[twice], minlength=len(keys))
    labeler = keys // max(len(met.tasks), 1)
    count = len(met.labelers)
    number, total = np.bincount(labeler, minlength=count), np.bincount(labeler, short, minlength=count)
    mean = total / np.maximum(number, 1)
    square = np.bincount(labeler, (short - mean[labeler]) ** 2, minlength=count)
    error = np.sqrt(square / np.maximum(number - 1, 1) / np.maximum(number, 1))
    known = (number >= _FEWEST_TASKS) & (error > 0)
    z = np.where(known, mean / np.where(known, error, 1.0), 0.0)
    return np.where(known, above_each(z), 1.0)


def _low(checks: Checks, labelers: Ints) -> Bools:
    """Who passed surely fewer than most did."""
    right, of = (_sums(checks.labeler, values, labelers) for values in (checks.right, checks.of))
    rate = right / np.maximum(of, 1)
    if not of.sum():
        return np.zeros(len(labelers), np.bool_)
    order = np.argsort(rate[of > 0], kind="stable")
    weight = np.cumsum(of[of > 0][order])
    usual = rate[of > 0][order][np.searchsorted(weight, weight[-1] / 2)]
    error = np.sqrt(max(usual * (1 - usual), 1e-4) / np.maximum(of, 1))
    p = above_each((usual - rate) / error)
    low: Bools = (of >= _FEWEST_CHECKS) & (rate < usual - _CHECKS_BELOW) & (p < _SURELY / max((of > 0).sum(), 1))
    return low


def _sums(labeler: Ints, values: Ints, labelers: Ints) -> Ints:
    place = np.minimum(np.searchsorted(labelers, labeler), max(len(labelers) - 1, 0))
    known = labelers[place] == labeler if len(labelers) and len(labeler) else np.zeros(len(labeler), np.bool_)
    return np.bincount(place[known], values[known], minlength=len(labelers)).astype(np.int64)


def _shared(groups: Split | None, one: Ints, other: Ints) -> Floats:
    if groups is None:
        return np.ones(len(one))
    return np.where(groups.across(one, other), groups.shared, 1.0)
