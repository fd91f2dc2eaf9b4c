"""Agreement on a scale, such as overall quality 1 to 7: additive, like the tally of rankings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from .alpha import Level, alpha_of
from .estimate import Counts, Estimate, Ties, Why
from .evaluate import Measure, evaluate
from .icc import one_way
from .resampling import Bools, Bootstrap, Floats
from .section import DEFAULT, columns_of
from .sums import Ints, Sums, starts_of

ICC_ONE_WAY = "ICC(1,1), one-way"
ALPHA = "Krippendorff's alpha, {}"
# Parts that prompts are dealt into for the ordinal alpha.
PARTS = 512


@dataclass(frozen=True, eq=False)
class Ratings:
    """A row is the value one labeler gave one target: a candidate of a task, on one field of the schema. n.a. has no row.
    One row a labeler and target; `person` and `groups` as in `Judgments`."""

    target: Ints
    prompt: Ints
    labeler: Ints
    value: Ints
    person: npt.NDArray[np.bool_]
    groups: Mapping[str, Ints] = field(default_factory=dict)


class At(IntEnum):
    """The sums of a row: targets, their ratings' sum t, squares, and t squared."""

    TARGETS = 0
    TOTAL = 1
    SQUARES = 2
    TOTAL_SQUARED = 3


@dataclass(frozen=True)
class ScaleTally:
    """`prompts`: by (group, prompt, ratings a target). `values`: by (group, part, ratings a target), how often each two
    values of two labelers met, for each low..high by low..high; prompts are dealt into PARTS parts by their number, since a
    table for each prompt would be large. `judged`: by (group, labeler), the number of ratings."""

    low: int
    high: int
    prompts: Sums
    values: Sums
    judged: Sums

    def __add__(self, other: "ScaleTally") -> "ScaleTally":
        self._same_scale(other)
        return ScaleTally(
            self.low, self.high, self.prompts + other.prompts, self.values + other.values, self.judged + other.judged
        )

    def __sub__(self, other: "ScaleTally") -> "ScaleTally":
        self._same_scale(other)
        return ScaleTally(
            self.low, self.high, self.prompts - other.prompts, self.values - other.values, self.judged - other.judged
        )

    def _same_scale(self, other: "ScaleTally") -> None:
        if (self.low, self.high) != (other.low, other.high):
            raise ValueError(f"a scale {self.low}..{self.high} and a scale {other.low}..{other.high} do not add")

    def groups(self) -> list[int]:
        return sorted(set(self.judged.keys[:, 0].tolist()))


@dataclass(frozen=True, slots=True)
class ScaleSection:
    """Targets that one labeler rated count as `left_out`. In `counts` a task is a target."""

    ratings: int
    counts: Counts
    icc: Estimate
    alpha_interval: Estimate
    alpha_ordinal: Estimate


def tally_scale(table: Ratings, *, low: int = 1, high: int = 7, by: str | None = None) -> ScaleTally:
    """Of the persons in a table; a group's ratings of a target are compared with each other."""
    if len(table.value) and not low <= table.value.min() <= table.value.max() <= high:
        raise ValueError(f"value: {low} to {high}, not {table.value.min()} to {table.value.max()}")
    size = high - low + 1
    people = table.person
    code = (np.zeros(len(people), np.int64) if by is None else table.groups[by])[people]
    target, prompt, labeler = table.target[people], table.prompt[people], table.labeler[people]
    value = table.value[people]
    order = np.lexsort((target, code))
    code, target, prompt, labeler, value = (column[order] for column in (code, target, prompt, labeler, value))
    starts = starts_of(np.column_stack([code, target]))
    if not len(starts):
        return ScaleTally(low, high, Sums.none(3, len(At)), Sums.none(3, size**2), Sums.none(2, 1))
    k = np.diff(np.append(starts, len(target)))
    total, squares = np.add.reduceat(value, starts), np.add.reduceat(value**2, starts)
    counts = np.column_stack([np.ones_like(k), total, squares, total**2])
    return ScaleTally(
        low, high,
        Sums.of(np.column_stack([code[starts], prompt[starts], k]), counts),
        _met(np.column_stack([code[starts], _parts(prompt[starts]), k]), k, value - low, size),
        Sums.of(np.column_stack([code, labeler]), np.ones((len(code), 1), np.int64)),
    )  # fmt: skip


def _parts(prompt: Ints) -> Ints:
    """The part of each prompt: the upper bits of a product (D. Knuth, The Art of Computer Programming 3, 6.4), so that
    neighbours lie apart."""
    found: Ints = (prompt * 2654435761 % 2**32) * PARTS >> 32
    return found


def _met(keys: Ints, k: Ints, value: Ints, size: int) -> Sums:
    """Ordered pairs of values of two labelers: sum over targets of n n' - diag(n), by key; a row a target."""
    unit = np.repeat(np.arange(len(k)), k)
    said = np.bincount(unit * size + value, minlength=len(k) * size).reshape(-1, size)
    order = np.lexsort(keys.T[::-1])
    bounds = starts_of(keys[order])
    rows = []
    for chosen in np.split(order, bounds[1:]):
        found = said[chosen].T @ said[chosen]
        found[np.diag_indices(size)] -= said[chosen].sum(axis=0)
        rows.append(found.ravel())
    return Sums.of(keys[order][bounds], np.array(rows, np.int64).reshape(len(bounds), size**2))


def scale_sections(tally: ScaleTally, bootstrap: Bootstrap | None = DEFAULT) -> dict[int, ScaleSection]:
    return {group: scale_section(tally, group, bootstrap) for group in tally.groups()}


def scale_section(tally: ScaleTally, group: int = 0, bootstrap: Bootstrap | None = DEFAULT) -> ScaleSection:
    prompts, judged = tally.prompts.of_group(group), tally.judged.of_group(group)
    several = prompts.keys[:, 2] >= 2
    keys, rows = prompts.keys[several], prompts.counts[several]
    k, targets = keys[:, 2], rows[:, At.TARGETS]
    alone = int(prompts.counts[~several][:, At.TARGETS].sum())
    counts = Counts(
        tasks=int(targets.sum()), prompts=len(np.unique(keys[:, 1])), labelers=len(judged.keys),
        meetings=int((targets * k * (k - 1) // 2).sum()),
    )  # fmt: skip

    total, squares, total_squared = rows[:, At.TOTAL], rows[:, At.SQUARES], rows[:, At.TOTAL_SQUARED]
    within = 2 * (k * squares - total_squared) / np.maximum(k - 1, 1)
    why = Why.TOO_FEW_TARGETS if counts.tasks < 2 else Why.NO_VARIATION
    measures = [
        Measure(ICC_ONE_WAY, Ties.NONE, columns_of(targets, k * targets, k**2 * targets, total, squares, total_squared / k),
                one_way, why, alone),
        Measure(ALPHA.format(Level.INTERVAL), Ties.NONE, columns_of(k * targets, total, squares, within),
                _interval_alpha, Why.NO_VARIATION, alone),
    ]  # fmt: skip
    if not len(keys):
        found = [Estimate(one.method, one.ties, counts, why=_nothing(judged), left_out=alone) for one in measures]
    else:
        found = evaluate(keys[:, 1], measures, counts, bootstrap)
    icc, alpha_interval = found
    return ScaleSection(
        int(judged.counts.sum()), counts, icc, alpha_interval, _ordinal(tally, group, counts, alone, judged, bootstrap)
    )


def _interval_alpha(sums: Floats) -> tuple[Floats, Bools]:
    """From sums (..., 4): values, their total, their squares, and of the squared differences within targets. The sum of
    (x - y)^2 over all ordered pairs is 2 (n sum of squares - total^2)."""
    n, total, squares, observed = (sums[..., at] for at in range(4))
    expected = 2 * (n * squares - total**2)
    defined = expected > 0
    return 1 - (n - 1) * observed / np.where(defined, expected, 1), defined


def _ordinal(
    tally: ScaleTally, group: int, counts: Counts, alone: int, judged: Sums, bootstrap: Bootstrap | None
) -> Estimate:
    """Its distances depend on all values, so a resample is a whole table of coincidences: parts are drawn."""
    met = tally.values.of_group(group)
    several = met.keys[:, 2] >= 2
    keys, size = met.keys[several], tally.high - tally.low + 1
    values = np.arange(tally.low, tally.high + 1, dtype=np.float64)

    def alpha(sums: Floats) -> tuple[Floats, Bools]:
        return alpha_of(sums.reshape(*sums.shape[:-1], size, size), values, Level.ORDINAL)

    one = Measure(
        ALPHA.format(Level.ORDINAL), Ties.NONE, met.counts[several] / np.maximum(keys[:, 2:] - 1, 1), alpha,
        Why.NO_VARIATION, alone,
    )  # fmt: skip
    if not len(keys):
        return Estimate(one.method, one.ties, counts, why=_nothing(judged), left_out=alone)
    return evaluate(keys[:, 1], [one], counts, bootstrap)[0]


def _nothing(judged: Sums) -> Why:
    ratings = int(judged.counts.sum())
    if ratings < 2:
        return Why.ONE_JUDGMENT if ratings else Why.NO_JUDGMENTS
    return Why.ONE_LABELER if len(judged.keys) == 1 else Why.NO_OVERLAP
