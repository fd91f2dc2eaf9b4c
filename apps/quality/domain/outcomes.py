"""What a ranking says of each pair of its candidates (better, tie, worse), and what two rankings say alike.

A ranking of K candidates says K(K-1)/2 outcomes, at most 36. As bits of two words, one for "the first of the two is
better" and one for "worse", two rankings are compared in a handful of operations, whatever K is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from apps.core.domain.ranking import K_MAX

from .table import Ints, Tiers

Bits = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.intp]

POSITIONS = tuple(combinations(range(K_MAX), 2))
# Rows compared at a time: what is needed for each is a few words, so this is some 30 MB.
BLOCK = 1 << 18


@dataclass(frozen=True, eq=False)
class Outcomes:
    """A row a ranking. Bit p is set in `better` (or `worse`) where the first candidate of POSITIONS[p] is better (worse)
    than the second; in neither where they are tied, or are not there."""

    better: Bits
    worse: Bits
    pairs: Ints

    @property
    def strict(self) -> Bits:
        return self.better | self.worse


@dataclass(frozen=True, eq=False)
class Kinds:
    """Of two rankings, how many pairs of candidates are of which kind. The five sum up to `pairs`."""

    same: Ints
    opposite: Ints
    both_tied: Ints
    first_tied: Ints
    second_tied: Ints


def outcomes(tiers: Tiers) -> Outcomes:
    better, worse = np.zeros(len(tiers), np.uint64), np.zeros(len(tiers), np.uint64)
    columns = [np.ascontiguousarray(tiers[:, place]) for place in range(tiers.shape[1])]
    for bit, (one, other) in enumerate(POSITIONS):
        # The other is there only where the one is: rankings are padded to the right.
        there = columns[other] > 0
        better |= (there & (columns[one] < columns[other])).astype(np.uint64) << np.uint64(bit)
        worse |= (there & (columns[one] > columns[other])).astype(np.uint64) << np.uint64(bit)
    size = np.count_nonzero(tiers, axis=1).astype(np.int64)
    return Outcomes(better, worse, size * (size - 1) // 2)


def kinds(said: Outcomes, first: Rows, second: Rows) -> Kinds:
    """Row `first[i]` beside row `second[i]`, which rank the same candidates."""
    better, worse, others_better, others_worse = (
        said.better[first], said.worse[first], said.better[second], said.worse[second],
    )  # fmt: skip
    strict, others_strict = better | worse, others_better | others_worse
    same = _count(better & others_better | worse & others_worse)
    opposite = _count(better & others_worse | worse & others_better)
    return Kinds(
        same, opposite, said.pairs[first] - _count(strict | others_strict),
        _count(others_strict & ~strict), _count(strict & ~others_strict),
    )  # fmt: skip


def meetings(task: Ints) -> Iterator[tuple[Rows, Rows]]:
    """Every two rows of one task, once each, a block at a time; `task` is sorted.

    Step by step: rows next to each other, then rows with one between them. A row leaves when its task has no row that
    far on, so the work is the number of meetings.
    """
    for start in range(0, len(task), BLOCK):
        first: Rows = np.arange(start, min(start + BLOCK, len(task)), dtype=np.intp)
        step = 0
        while len(first):
            step += 1
            first = first[first + step < len(task)]
            first = first[task[first + step] == task[first]]
            if len(first):
                yield first, first + step


def _count(bits: Bits) -> Ints:
    return np.bitwise_count(bits).astype(np.int64)
