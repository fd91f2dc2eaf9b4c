"""Whether few prompts hold the disagreement: those that labelers flag or skip, and those on which everybody disagrees
with everybody.

The first need no model: complaints are nobody's rankings. The second are tasks at the level of no preference at all,
more of them than tasks of ordinary difficulty hold: a mixture of the two, beside no mixture (chance.py).
"""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from apps.quality.domain.table import Ints

from .chance import SCALES, SPREADS, binned, density
from .evidence import LEVEL, NOTHING, Evidence, Why, measured
from .given import Bools, Floats, Given
from .laws import above
from .meetings import Meetings

FEWEST_TASKS = 30
FEWEST_A_TASK = 3
# Compared pairs of candidates in a task; by fewer a hard task looks like one at chance.
FEWEST_PAIRS = 9
# Few: no more than this part of the tasks.
_PARTS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.18, 0.22, 0.26, 0.3)
# A prompt stands out that as many complain of, and as large a part of who saw it.
COMPLAINTS, PART = 2, 0.3
_KINDS = 24


@dataclass(frozen=True, eq=False)
class Prompts:
    """`flagged` and `chance`: the caller's indexes of prompts. `at_chance`: of each task, how likely it is."""

    evidence: Evidence
    flagged: tuple[int, ...] = ()
    chance: tuple[int, ...] = ()

    @property
    def all(self) -> set[int]:
        return {*self.flagged, *self.chance}


def prompts(data: Given, met: Meetings, chosen: Bools, whole: Floats) -> Prompts:
    """Of the `chosen` meetings, those that no other cause explains; `whole` is all disagreement by prompt."""
    flagged = complained(data)
    places = np.isin(met.prompts, flagged)
    known, chance = _at_chance(met, chosen)
    if not known and not places.any():
        return Prompts(Evidence(why=Why.FEW_A_TASK), tuple(flagged.tolist()))
    opposite, compared = met.by_prompt(met.opposite * chosen), met.by_prompt(met.compared * chosen)
    # Tasks at chance count where there are surely some: else they are the hardest of the ordinary.
    likely = chance.likely if chance.p < LEVEL else np.zeros(len(met.prompts))
    suspected = np.where(places, 1.0, likely)
    usual = ((1 - suspected) * opposite).sum() / max(((1 - suspected) * compared).sum(), 1.0)
    left = opposite - usual * compared
    # Either line of evidence will do, and both were looked at.
    p = min(1.0, 2 * min(_by_complaints(left, places), chance.p))
    found = measured(suspected * left if p < 1 else np.zeros(len(left)), whole)
    if found.low is None:
        return Prompts(NOTHING, tuple(flagged.tolist()))
    at_chance = tuple(met.prompts[likely > 0.5].tolist())
    return Prompts(Evidence(found.share, found.low, found.high, p), tuple(flagged.tolist()), at_chance)


def complained(data: Given) -> Ints:
    """Prompts of which several different labelers complain."""
    table, said = data.judged, data.complaints
    if not len(said.prompt):
        return np.zeros(0, np.int64)
    complaints = np.unique(np.column_stack([said.prompt, said.labeler]), axis=0)
    saw = np.unique(np.concatenate([complaints, np.column_stack([table.prompt, table.labeler])]), axis=0)
    names, number = np.unique(complaints[:, 0], return_counts=True)
    every, seen = np.unique(saw[:, 0], return_counts=True)
    part = number / seen[np.searchsorted(every, names)]
    found: Ints = names[(number >= COMPLAINTS) & (part >= PART)].astype(np.int64)
    # Where everything is complained of, it is not the prompts.
    return found if 2 * len(found) < len(every) else found[:0]


def _by_complaints(left: Floats, places: Bools) -> float:
    """Complaints as if they had fallen on any prompts: a permutation test, by the normal law of a sum drawn without
    replacement."""
    number, count = int(places.sum()), len(left)
    error = np.sqrt(number * left.var(ddof=1) * (1 - number / count)) if 0 < number < count else 0.0
    return above(float(left[places].sum() - number * left.mean()) / error) if error else 1.0


@dataclass(frozen=True, eq=False)
class _Chance:
    """`likely`: of each prompt, the largest of its tasks."""

    p: float
    likely: Floats


def _at_chance(met: Meetings, chosen: Bools) -> tuple[bool, _Chance]:
    """Whether it can be told, and what was found."""
    opposite, compared = met.by_task(met.opposite * chosen), met.by_task(met.compared * chosen)
    number = np.bincount(met.task, chosen, minlength=len(met.tasks))
    labelers = np.rint((1 + np.sqrt(1 + 8 * number)) / 2).astype(np.int64)
    size, prompt = np.zeros(len(met.tasks), np.int64), np.zeros(len(met.tasks), np.int64)
    size[met.task], prompt[met.task] = met.size, met.prompt
    whole = size * (size - 1) // 2 * number
    taking = (labelers >= FEWEST_A_TASK) & (whole >= FEWEST_PAIRS) & (compared > 0)
    kinds = Counter(zip(size[taking].tolist(), labelers[taking].tolist(), strict=True)).most_common(_KINDS)
    which = np.full(len(met.tasks), -1, np.int64)
    for place, ((candidates, many), _) in enumerate(kinds):
        which[taking & (size == candidates) & (labelers == many)] = place
    taking, likely = which >= 0, np.zeros(len(met.prompts))
    if taking.sum() < FEWEST_TASKS:
        return False, _Chance(1.0, likely)
    bins = binned(opposite[taking] / compared[taking])
    ratio, of_task = _mixture([kind for kind, _ in kinds], which[taking], bins, round(met.ties, 1))
    if ratio <= 0:
        return True, _Chance(1.0, likely)
    np.maximum.at(likely, prompt[taking], of_task)
    # A part of none is at the edge of what is possible: half of the ratios are 0 then.
    return True, _Chance(above(math.sqrt(ratio)), likely)


def _mixture(kinds: list[tuple[int, int]], which: Ints, bins: Ints, ties: float) -> tuple[float, Floats]:
    """Twice the log ratio of the likelihoods with and without tasks at chance, and how likely each task is one."""
    random = np.array([density(*kind, 0.0, 0.0, ties) for kind in kinds])[which, bins]
    alone, best, likely = -np.inf, -np.inf, np.zeros(len(bins))
    for scale in SCALES:
        for spread in SPREADS:
            ordinary = np.array([density(*kind, scale, spread, ties) for kind in kinds])[which, bins]
            alone = max(alone, float(np.log(ordinary).sum()))
            for part in _PARTS:
                both = (1 - part) * ordinary + part * random
                reached = float(np.log(both).sum())
                if reached > best:
                    best, likely = reached, part * random / both
    return 2 * (best - alone), likely
