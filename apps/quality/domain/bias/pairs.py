"""Every two candidates of every judgment, and rates of the one that has more of something.

Won counts one, tied one half, lost nothing; kept in halves, so that all sums are whole numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from .columns import Rankings, Small
from .estimate import Counts, Method, Rate, Sentence, Why
from .intervals import FEWEST_PROMPTS, Bools, Bootstrap, Ints, Wide, over_prompts, ratio, wilson

Rows = slice | npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Pair:
    """The `at`th of the pairs: two positions, the judgments that have both, and what each says: 1 the first is better, 0 tied, -1 the second."""

    at: int
    first: int
    second: int
    rows: Rows
    said: Small


DEFAULT = Bootstrap()
# Which of the two has more: 1 the first, -1 the second, 0 neither, a value a row of the pair.
More = Callable[[Pair], Small]


@dataclass(frozen=True, eq=False)
class Table:
    """Judgments with their pairs, which all reports share."""

    given: Rankings
    bootstrap: Bootstrap = DEFAULT

    @cached_property
    def pairs(self) -> list[Pair]:
        tiers = [np.ascontiguousarray(column) for column in self.given.tiers.T]
        found: list[Pair] = []
        for first, second in combinations(range(len(tiers)), 2):
            there = tiers[second] > 0
            if there.any():
                rows = slice(None) if there.all() else np.flatnonzero(there)
                said = np.sign(tiers[second][rows] - tiers[first][rows])
                found.append(Pair(len(found), first, second, rows, said))
        return found

    @cached_property
    def prompts(self) -> int:
        return int(self.given.prompt.max(initial=-1)) + 1

    def by_place(self, values: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """A value of each completion as a column a position; 0 where there is no candidate."""
        if not len(values):
            return [np.zeros(len(self.given), values.dtype) for _ in self.given.completion.T]
        return [np.where(column >= 0, values[column], values.dtype.type(0)) for column in self.given.completion.T]

    @cached_property
    def lengths(self) -> list[Wide]:
        return self.by_place(self.given.features.characters)

    def longer(self, pair: Pair) -> Small:
        return more_of(self.lengths, pair)

    @cached_property
    def matched(self) -> list[Bools]:
        """A mask a pair: the shorter has at least nine tenths of the characters of the longer."""
        found = []
        for pair in self.pairs:
            one, other = (self.lengths[place][pair.rows].astype(np.int64) for place in (pair.first, pair.second))
            found.append(10 * np.minimum(one, other) >= 9 * np.maximum(one, other))
        return found


def more_of(columns: list[npt.NDArray[Any]], pair: Pair) -> Small:
    one, other = columns[pair.first][pair.rows], columns[pair.second][pair.rows]
    return (one > other).astype(np.int8) - (one < other)


@dataclass(frozen=True, eq=False)
class Halves:
    """A row a judgment: `above` of `below` halves; `ties` of the units, half as many as `below`, are tied pairs."""

    above: Wide
    below: Wide
    ties: Wide

    def where(self, chosen: Bools) -> "Halves":
        """Of some judgments alone."""
        return Halves(*(np.where(chosen, part, 0) for part in (self.above, self.below, self.ties)))


def preferred(table: Table, more: More) -> Halves:
    """How often the one with more won, over pairs in which one has more; a tie is one half."""
    above, below, ties = (np.zeros(len(table.given), np.int32) for _ in range(3))
    for pair in table.pairs:
        sign = more(pair)
        some = np.abs(sign)
        above[pair.rows] += some + sign * pair.said
        below[pair.rows] += 2 * some
        ties[pair.rows] += (pair.said == 0) & (some > 0)
    return Halves(above, below, ties)


def rule(table: Table, more: More) -> Halves:
    """How often "the one with more is better" is right, over pairs that are not tied; where neither has more it is a
    coin, one half."""
    above, below, ties = (np.zeros(len(table.given), np.int32) for _ in range(3))
    for pair in table.pairs:
        some = np.abs(pair.said)
        above[pair.rows] += some + more(pair) * pair.said
        below[pair.rows] += 2 * some
    return Halves(above, below, ties)


def rate(table: Table, halves: Halves, missing: Why) -> Rate:
    """With an interval over prompts. `missing`: why, where there is no such pair."""
    counts = counts_of(table, halves)
    if not counts.units:
        return Rate(counts, why=Sentence(missing if len(table.given) else Why.NOTHING))
    if counts.prompts < FEWEST_PROMPTS:
        return Rate(counts, why=Sentence(Why.TOO_FEW_PROMPTS, {"fewest": FEWEST_PROMPTS}))
    if counts.ties == counts.units:
        return Rate(counts, why=Sentence(Why.ALL_TIES))
    sums = sums_of(table, halves)
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    interval = over_prompts(sums, ratio, table.bootstrap)
    if interval is None or interval.low == interval.high:
        interval = wilson(value * len(sums), len(sums), Method.SAME_EVERYWHERE)
    return Rate(counts, value, interval)


def sums_of(table: Table, *several: Halves) -> Ints:
    """A row a prompt that has anything to say, two columns each of the several."""
    columns = [
        np.bincount(table.given.prompt, weights=part, minlength=table.prompts)
        for halves in several
        for part in (halves.above, halves.below)
    ]
    sums = np.column_stack(columns).astype(np.int64)
    return sums[sums[:, 1::2].any(axis=1)]


def counts_of(table: Table, halves: Halves) -> Counts:
    some = halves.below > 0
    return Counts(
        units=int(halves.below.sum(dtype=np.int64)) // 2,
        ties=int(halves.ties.sum(dtype=np.int64)),
        judgments=int(np.count_nonzero(some)),
        prompts=different(table.given.prompt[some]),
        labelers=different(table.given.labeler[some]),
    )


def different(codes: Ints) -> int:
    """How many different codes there are, without sorting them."""
    return int(np.count_nonzero(np.bincount(codes))) if len(codes) else 0
