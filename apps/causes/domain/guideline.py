"""Whether disagreement is concentrated in few use cases, or in few fields of the schema.

Few are those that hold less than half of what was compared. They are found on five sixths of the prompts and measured on
the rest, beside the median of all: one bad prompt does not make a use case unclear.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from apps.quality.domain.table import Ints

from .evidence import NOTHING, Evidence, Why, measured
from .given import Bools, Floats, Marks
from .laws import above
from .meetings import FOLDS, Meetings, pairs_of
from .reliability import reliabilities

FEWEST_PROMPTS = 10
FEWEST_FIELDS = 3
# Standard errors above the median, of the prompts that they are found on.
_ABOVE = 2.5


@dataclass(frozen=True, eq=False)
class Unclear:
    """`names`: the caller's indexes of the use cases or fields that stand out."""

    evidence: Evidence
    names: tuple[int, ...] = ()


def use_cases(met: Meetings) -> Unclear:
    """Beyond what the reliability of the labelers who met there explains."""
    pairs = pairs_of(met, np.ones(len(met), np.bool_))
    found = reliabilities(pairs)
    wanted = met.compared * (1 - found[met.one] * found[met.other]) / 2
    left = met.by_prompt(met.opposite - wanted)
    weight = met.by_prompt(met.compared)
    use_case = np.zeros(len(met.prompts), np.int64)
    use_case[met.prompt] = met.use_case
    names, kind = np.unique(use_case, return_inverse=True)
    enough = np.bincount(kind) >= FEWEST_PROMPTS
    if enough.sum() < 2:
        return Unclear(Evidence(why=Why.FEW_KINDS))
    fold = np.zeros(len(met.prompts), np.int64)
    fold[met.prompt] = met.fold
    excess, total = np.zeros(len(left)), met.by_prompt(met.opposite)
    for number in range(FOLDS):
        learned, tried = fold != number, fold == number
        high, usual = _high(left, weight, kind, learned, enough)
        hit = tried & high[kind]
        excess[hit] = (left - usual * weight)[hit]
    high, _ = _high(left, weight, kind, np.ones(len(left), np.bool_), enough)
    if not high.any():
        return Unclear(NOTHING)
    evidence = measured(excess, total)
    if evidence.p is not None:
        evidence = replace(evidence, p=max(evidence.p, _by_chance(left, weight, kind, enough)))
    return Unclear(evidence, tuple(int(one) for one in names[high]))


def _by_chance(left: Floats, weight: Floats, kind: Ints, enough: Bools) -> float:
    """The use case that stands out most, were use cases dealt out to prompts anew: by the normal law of a sum drawn
    without replacement, times the number of use cases."""
    values = left - weight * left.sum() / weight.sum()
    number, count = np.bincount(kind), len(values)
    error = np.sqrt(number * values.var(ddof=1) * (1 - number / count))
    z = np.bincount(kind, values)[enough & (error > 0)] / error[enough & (error > 0)]
    return min(1.0, above(float(z.max())) * len(z)) if len(z) else 1.0


def _high(left: Floats, weight: Floats, kind: Ints, chosen: Bools, enough: Bools) -> tuple[Bools, float]:
    """Which kinds stand out above the usual rate, and that rate: the median of the kinds."""
    count = len(enough)
    held = np.bincount(kind[chosen], weight[chosen], minlength=count)
    rate = np.bincount(kind[chosen], left[chosen], minlength=count) / np.maximum(held, 1e-9)
    usual = _middle(rate[enough & (held > 0)])
    spread = np.bincount(kind[chosen], ((left - rate[kind] * weight) ** 2)[chosen], minlength=count)
    error = np.sqrt(spread) / np.maximum(held, 1e-9)
    high = enough & (error > 0) & (rate - usual > _ABOVE * error)
    # The highest first, as long as together they are the smaller part.
    order = np.argsort(-np.where(high, rate, -np.inf), kind="stable")
    part = np.cumsum(np.where(high, held, 0.0)[order]) / max(held.sum(), 1e-9)
    few = np.zeros(count, np.bool_)
    few[order] = part < 0.5
    return high & few, usual


def _middle(rates: Floats) -> float:
    """The lower median: of two kinds the clearer."""
    return float(np.sort(rates)[(len(rates) - 1) // 2]) if len(rates) else 0.0


@dataclass(frozen=True, eq=False)
class Said:
    """Sums a (prompt, field): pairs of labelers on one target, and those of them that differ. `chance` a field: what
    two labelers who do not look would differ by."""

    pairs: npt.NDArray[np.float64]
    unlike: npt.NDArray[np.float64]
    yes: npt.NDArray[np.float64]
    marked: npt.NDArray[np.float64]


def fields(marks: Marks) -> Unclear:
    names, said = marks_summed(marks)
    enough = (said.pairs > 0).sum(axis=0) >= FEWEST_PROMPTS if len(names) else np.zeros(0, np.bool_)
    if enough.sum() < FEWEST_FIELDS:
        return Unclear(Evidence(why=Why.FEW_KINDS))
    fold = np.arange(len(said.pairs)) % FOLDS
    excess = np.zeros(len(said.pairs))
    for number in range(FOLDS):
        tried = fold == number
        above = _above(said, ~tried, enough)
        excess[tried] = (said.unlike - said.pairs * above.limit)[tried][:, above.high].sum(axis=1)
    everything = _above(said, np.ones(len(fold), np.bool_), enough)
    if not everything.high.any():
        return Unclear(NOTHING)
    return Unclear(measured(excess, said.unlike.sum(axis=1)), tuple(int(one) for one in names[everything.high]))


@dataclass(frozen=True, eq=False)
class _Above:
    high: Bools
    limit: Floats


def _above(said: Said, chosen: Bools, enough: Bools) -> _Above:
    """A field stands out where it is unlike the median both by what differs, and by what differs beyond chance (1 -
    Krippendorff's alpha): a rare flag differs seldom and is still unclear, a common one often and is not."""
    pairs, unlike = said.pairs[chosen].sum(axis=0), said.unlike[chosen].sum(axis=0)
    rate = unlike / np.maximum(pairs, 1)
    yes = said.yes[chosen].sum(axis=0) / np.maximum(said.marked[chosen].sum(axis=0), 1)
    chance = 2 * yes * (1 - yes)
    doubt = rate / np.maximum(chance, 1e-9)
    known = enough & (pairs > 0) & (chance > 0)
    limit = np.maximum(_middle(rate[known]), chance * _middle(doubt[known]))
    left = said.unlike[chosen] - said.pairs[chosen] * limit
    error = np.sqrt(((left - left.mean(axis=0)) ** 2).sum(axis=0))
    high = known & (error > 0) & (left.sum(axis=0) > _ABOVE * error) & (rate > 1.5 * limit)
    if high.sum() * 2 >= known.sum():
        high = np.zeros(len(high), np.bool_)
    return _Above(high, limit)


def marks_summed(marks: Marks) -> tuple[Ints, Said]:
    names, field = np.unique(marks.field, return_inverse=True)
    prompts, prompt = np.unique(marks.prompt, return_inverse=True)
    shape = (len(prompts), len(names))
    if not len(field):
        empty = np.zeros(shape)
        return names, Said(empty, empty, empty, empty)
    _, first, unit = np.unique(
        np.column_stack([field, marks.task, marks.target]), axis=0, return_index=True, return_inverse=True
    )
    unit = unit.reshape(-1)
    said, yes = np.bincount(unit).astype(np.float64), np.bincount(unit, marks.value != 0).astype(np.float64)
    cell = prompt[first] * shape[1] + field[first]

    def summed(values: Floats) -> Floats:
        return np.bincount(cell, values, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)

    several = said > 1
    return names, Said(
        summed(said * (said - 1) / 2), summed(yes * (said - yes)), summed(yes * several), summed(said * several)
    )
