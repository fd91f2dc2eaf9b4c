"""How much of the data is one labeler's, and how much a number hangs on one of them.

The effective number of labelers is the inverse of Simpson's index, 1 / sum(share^2) (E. H. Simpson, Measurement of
diversity, 1949; M. O. Hill, Diversity and evenness, 1973): as many equal labelers would be as concentrated.
"""

from dataclasses import dataclass

import numpy as np

from .estimate import Rate, Sentence, Told, Value, Why
from .found import Found, not_said
from .intervals import Bools, Floats, over_prompts
from .lessons import Lesson
from .pairs import Halves, Table, counts_of, preferred, rate, sums_of

# One labeler weighs much with more than this share of the comparisons, and more than twice an equal part.
MUCH = 0.25
TOP = 3


@dataclass(frozen=True, slots=True)
class Heavy:
    """A labeler, by the caller's index, and the share of the judgments and of the pairs of candidates."""

    labeler: int
    judgments: float
    comparisons: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The labeler without whom the longer candidate's win rate changes most, and the change, less the rate with all."""

    labeler: int | None
    change: Rate
    told: Told


@dataclass(frozen=True, slots=True)
class Weight:
    """Of persons. `top`: those with most comparisons first. `effective`: of comparisons. Shares are counts of all there
    is, without an interval."""

    labelers: int
    top: tuple[Heavy, ...]
    top_share: Rate
    effective: float | None
    left_out: LeftOut
    told: Told


def weight(table: Table) -> Weight:
    given = table.given
    persons = given.labeler[given.person]
    size = np.count_nonzero(given.tiers[given.person], axis=1)
    judged = np.bincount(persons, minlength=len(given.labelers))
    compared = np.bincount(persons, size * (size - 1) // 2, minlength=len(given.labelers))
    total = compared.sum()
    if not total:
        none = Rate(counts_of(table, _pairs(table)), why=Sentence(Why.NOTHING))
        return Weight(0, (), none, None, left_out(table), not_said(none))
    order = np.lexsort((given.labelers, -compared))[:TOP]
    top = tuple(
        Heavy(int(given.labelers[at]), float(judged[at] / judged.sum()), float(compared[at] / total))
        for at in order
        if judged[at]
    )
    labelers, effective = int(np.count_nonzero(judged)), float(total**2 / (compared**2).sum())
    counts = counts_of(table, _pairs(table))
    share = Rate(counts, top[0].comparisons, why_no_interval=Sentence(Why.CENSUS))
    return Weight(labelers, top, share, effective, left_out(table), _told(top[0].comparisons, labelers, effective))


def _pairs(table: Table) -> Halves:
    """Every pair of every person, for its counts."""
    size = np.where(table.given.person, np.count_nonzero(table.given.tiers, axis=1), 0)
    both = (size * (size - 1)).astype(np.int32)
    return Halves(both, both, np.zeros(len(table.given), np.int32))


def _told(share: float, labelers: int, effective: float) -> Told:
    if labelers == 1:
        return Told(Sentence(Found.ONE_LABELER), Sentence(Lesson.ONE_TASTE))
    much = share > MUCH and share > 2 / labelers
    found = Found.ONE_WEIGHS if much else Found.EVEN_WEIGHT
    values: dict[str, Value] = {"share": share, "labelers": labelers, "effective": f"{effective:.1f}"}
    return Told(Sentence(found, values), Sentence(Lesson.ONE_TASTE if much else Lesson.MANY))


def left_out(table: Table) -> LeftOut:
    """The interval is over prompts, for the labeler who was found; that the largest of many changes was chosen is not
    in it."""
    given = table.given
    halves = preferred(table, table.longer).where(given.person)
    whole = rate(table, halves, Why.NO_DIFFERENCE)
    above = np.bincount(given.labeler, halves.above, minlength=len(given.labelers))
    below = np.bincount(given.labeler, halves.below, minlength=len(given.labelers))
    others = below.sum() - below
    if whole.value is None or np.count_nonzero(below) < 2:
        why = whole.why or Sentence(Why.ONE_LABELER)
        return _without(None, Rate(whole.counts, why=why))
    change = np.where(below > 0, (above.sum() - above) / np.maximum(others, 1) - whole.value, 0)
    # Of equal changes that of the caller's first labeler, whatever the order of rows.
    most = int(np.argmax(np.abs(change)))
    sums = sums_of(table, halves, halves.where(given.labeler == most))
    interval = over_prompts(sums, _moved, table.bootstrap)
    value = float(change[most])
    if interval is None or interval.low == interval.high:
        return _without(
            int(given.labelers[most]), Rate(whole.counts, value, why_no_interval=Sentence(Why.NO_VARIATION))
        )
    return _without(int(given.labelers[most]), Rate(whole.counts, value, interval))


def _moved(sums: Floats) -> tuple[Floats, Bools]:
    above, below, theirs, all_theirs = (sums[..., at] for at in range(4))
    rest = below - all_theirs
    defined = (rest > 0) & (below > 0)
    return (above - theirs) / np.where(rest > 0, rest, 1) - above / np.where(below > 0, below, 1), defined


def _without(labeler: int | None, change: Rate) -> LeftOut:
    if change.value is None:
        return LeftOut(labeler, change, not_said(change))
    found = Sentence(Found.MOVES, {"points": f"{100 * change.value:+.1f}"})
    return LeftOut(labeler, change, Told(found, Sentence(Lesson.ONE_TASTE if change.side_of(0.0) else Lesson.MANY)))
