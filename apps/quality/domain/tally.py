"""Everything that agreement of rankings is computed from, as whole numbers that add.

A tally of some tasks plus a tally of other tasks is the tally of all of them; minus takes them out again. So a service
keeps a tally and, for each task with a new judgment, takes out what it said of the task before and adds what it says
now. Reals (tau-b, W) are summed in units of 2^-32, so that addition is exact and order cannot matter.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from .kendall import Floats, concordances, taus
from .outcomes import Outcomes, Rows, kinds, meetings, outcomes
from .sums import Sums, starts_of
from .table import Ints, Judgments

# The group of a meeting whose two judgments are of different groups.
ACROSS = -2
UNIT = 2.0**32
# Rows of sums held before they are added up.
HELD = 1 << 21


class At(IntEnum):
    """The sums of a row: of its meetings, of their pairs of candidates by kind, and of the defined tau-b and W."""

    MEETINGS = 0
    SAME = 1
    OPPOSITE = 2
    BOTH_TIED = 3
    FIRST_TIED = 4
    SECOND_TIED = 5
    TAU = 6
    TAUS = 7
    W = 8
    WS = 9


# These five sum up to the pairs that were compared.
KINDS = [At.SAME, At.OPPOSITE, At.BOTH_TIED, At.FIRST_TIED, At.SECOND_TIED]


@dataclass(frozen=True)
class Tally:
    """`prompts`: by (group, prompt, meetings in a task, K). `labelers`: by (group, labeler, other labeler).
    `judged`: by (group, labeler), the number of judgments."""

    prompts: Sums
    labelers: Sums
    judged: Sums

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.prompts + other.prompts, self.labelers + other.labelers, self.judged + other.judged)

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(self.prompts - other.prompts, self.labelers - other.labelers, self.judged - other.judged)

    def groups(self) -> list[int]:
        """The groups that have judgments, and ACROSS where judgments of two groups met."""
        return sorted({*self.judged.keys[:, 0].tolist(), *self.prompts.keys[:, 0].tolist()})

    def of(self, group: int) -> "Tally":
        return Tally(self.prompts.of_group(group), self.labelers.of_group(group), self.judged.of_group(group))


NOTHING = Tally(Sums.none(4, len(At)), Sums.none(3, len(At)), Sums.none(2, 1))


def tally(table: Judgments, by: str | None = None) -> Tally:
    """Of the persons in a table. By `cohort` or one of its groups: two judgments count in their group where they share
    it, else in ACROSS."""
    rows = table.where(table.person)
    code = rows.codes(by)
    order = np.lexsort((rows.labeler, code, rows.task))
    rows, code = rows.where(order), code[order]
    if not len(rows):
        return NOTHING
    said, size = outcomes(rows.tiers), rows.sizes()
    inside, anywhere = _meetings_in(rows.task, code), _meetings_in(rows.task)
    apart = anywhere - _meetings_inside_of_task(rows.task, code)

    def blocks() -> Iterator[tuple[Sums, Sums]]:
        for first, second in meetings(rows.task):
            first, second = _by_labeler(rows, first, second)
            group = np.where(code[first] == code[second], code[first], ACROSS)
            unit = np.where(group == ACROSS, apart[first], inside[first])
            yield _block(rows, said, first, second, group, np.column_stack([unit, size[first]]))
        yield _concordance(rows, code, inside, size), Sums.none(3, len(At))

    judged = Sums.of(np.column_stack([code, rows.labeler]), np.ones((len(rows), 1), np.int64))
    return Tally(*_collected(blocks()), judged)


def tally_against(table: Judgments, references: Collection[int]) -> Tally:
    """Persons beside reference labelers, of whatever kind: only meetings of one of the one with one of the other."""
    named = np.isin(table.labeler, np.fromiter(references, np.int64, len(references)))
    rows = table.where(table.person | named)
    if not len(rows):
        return NOTHING
    reference = np.isin(rows.labeler, np.fromiter(references, np.int64, len(references)))
    said, size = outcomes(rows.tiers), rows.sizes()
    task = np.cumsum(np.append(True, rows.task[1:] != rows.task[:-1])) - 1
    unit = (np.bincount(task, weights=reference) * np.bincount(task, weights=~reference)).astype(np.int64)[task]

    def blocks() -> Iterator[tuple[Sums, Sums]]:
        for first, second in meetings(task):
            chosen = reference[first] != reference[second]
            first, second = first[chosen], second[chosen]
            swap = reference[first]
            first, second = np.where(swap, second, first), np.where(swap, first, second)
            yield _block(rows, said, first, second, np.zeros(len(first), np.int64),
                         np.column_stack([unit[first], size[first]]))  # fmt: skip

    judged = Sums.of(np.column_stack([np.zeros_like(task), rows.labeler]), np.ones((len(rows), 1), np.int64))
    return Tally(*_collected(blocks()), judged)


def _block(rows: Judgments, said: Outcomes, first: Rows, second: Rows, group: Ints, unit: Ints) -> tuple[Sums, Sums]:
    found = kinds(said, first, second)
    tau, defined = taus(found)
    counts = np.column_stack(
        [np.ones(len(first), np.int64), found.same, found.opposite, found.both_tied, found.first_tied,
         found.second_tied, _fixed(tau * defined), defined, np.zeros((len(first), 2), np.int64)]
    )  # fmt: skip
    return (
        Sums.of(np.column_stack([group, rows.prompt[first], unit]), counts),
        Sums.of(np.column_stack([group, rows.labeler[first], rows.labeler[second]]), counts),
    )


def _concordance(rows: Judgments, code: Ints, inside: Ints, size: Ints) -> Sums:
    """W of each task that several labelers of one group judged."""
    several = inside > 0
    if not several.any():
        return Sums.none(4, len(At))
    rows, code, inside, size = rows.where(several), code[several], inside[several], size[several]
    starts = starts_of(np.column_stack([rows.task, code]))
    value, defined = concordances(rows.tiers, starts)
    counts = np.zeros((len(starts), len(At)), np.int64)
    counts[:, At.W], counts[:, At.WS] = _fixed(value), defined
    return Sums.of(np.column_stack([code[starts], rows.prompt[starts], inside[starts], size[starts]]), counts)


def _meetings_in(*sorted_columns: Ints) -> Ints:
    """For each row, how many meetings its run of equal rows makes."""
    starts = starts_of(np.column_stack(sorted_columns))
    lengths = np.diff(np.append(starts, len(sorted_columns[0])))
    return np.repeat(lengths * (lengths - 1) // 2, lengths)


def _meetings_inside_of_task(task: Ints, code: Ints) -> Ints:
    """For each row, the meetings within groups of its whole task."""
    groups = starts_of(np.column_stack([task, code]))
    lengths = np.diff(np.append(groups, len(task)))
    made = np.zeros(len(task), np.int64)
    made[groups] = lengths * (lengths - 1) // 2
    tasks = starts_of(task[:, None])
    return np.repeat(np.add.reduceat(made, tasks), np.diff(np.append(tasks, len(task))))


def _by_labeler(rows: Judgments, first: Rows, second: Rows) -> tuple[Rows, Rows]:
    """The labeler with the smaller index first, so that a pair of labelers has one name."""
    swap = rows.labeler[first] > rows.labeler[second]
    return np.where(swap, second, first), np.where(swap, first, second)


def _collected(blocks: Iterator[tuple[Sums, Sums]]) -> tuple[Sums, Sums]:
    held: list[tuple[Sums, Sums]] = [(NOTHING.prompts, NOTHING.labelers)]
    for block in blocks:
        held.append(block)
        if sum(len(prompts.keys) + len(labelers.keys) for prompts, labelers in held) > HELD:
            held = [_added(held)]
    return _added(held)


def _added(held: list[tuple[Sums, Sums]]) -> tuple[Sums, Sums]:
    return Sums.total([prompts for prompts, _ in held]), Sums.total([labelers for _, labelers in held])


def _fixed(values: Floats) -> Ints:
    return np.rint(values * UNIT).astype(np.int64)
