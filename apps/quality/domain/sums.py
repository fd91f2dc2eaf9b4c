"""Whole numbers summed by key: they add, and what was added can be taken away again, exactly.

This is what makes agreement incremental: a tally of new judgments is added to the tally of the old ones.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sums:
    """`keys` (rows, k) sorted and distinct; `counts` (rows, c) are the sums. Rows of nothing but zeros are dropped."""

    keys: Ints
    counts: Ints

    @classmethod
    def of(cls, keys: Ints, counts: Ints) -> Self:
        """Rows of any order, keys repeated: summed by key."""
        order = _order(keys)
        keys, counts = keys[order], counts[order]
        starts = starts_of(keys)
        if len(starts):
            keys, counts = keys[starts], np.add.reduceat(counts, starts, axis=0)
        some = counts.any(axis=1)
        return cls(np.ascontiguousarray(keys[some]), np.ascontiguousarray(counts[some]))

    @classmethod
    def none(cls, keys: int, counts: int) -> Self:
        return cls(np.zeros((0, keys), np.int64), np.zeros((0, counts), np.int64))

    @classmethod
    def total(cls, several: Sequence["Sums"]) -> Self:
        """Of at least one."""
        return cls.of(np.concatenate([one.keys for one in several]), np.concatenate([one.counts for one in several]))

    def __add__(self, other: "Sums") -> "Sums":
        return Sums.total([self, other])

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums.total([self, Sums(other.keys, -other.counts)])

    def of_group(self, group: int) -> "Sums":
        """The rows whose key begins with this value."""
        start, end = np.searchsorted(self.keys[:, 0], [group, group + 1])
        return Sums(self.keys[start:end], self.counts[start:end])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sums)
            and np.array_equal(self.keys, other.keys)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]


def _order(keys: Ints) -> npt.NDArray[np.intp]:
    """What sorts the rows. Keys that fit into one number are sorted as such, which is several times as quick."""
    if not len(keys):
        return np.zeros(0, np.intp)
    low = keys.min(axis=0)
    spans = [int(span) + 1 for span in keys.max(axis=0) - low]
    if math.prod(spans) >= 2**62:
        return np.lexsort(keys.T[::-1])
    packed = np.zeros(len(keys), np.int64)
    for column, span in enumerate(spans):
        packed = packed * span + (keys[:, column] - low[column])
    return np.argsort(packed, kind="stable")


def starts_of(sorted_keys: Ints) -> npt.NDArray[np.intp]:
    """Where each run of equal rows begins."""
    if not len(sorted_keys):
        return np.zeros(0, np.intp)
    changes = (sorted_keys[1:] != sorted_keys[:-1]).any(axis=1)
    return np.concatenate([[0], np.flatnonzero(changes) + 1])
