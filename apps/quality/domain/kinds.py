"""Prompts with equal sums are one kind: the distinct rows of a table, and how many there are of each.

Rows become one number each, since sorting numbers is many times as quick as sorting rows.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import Ints

Floats = npt.NDArray[np.float64]


def kinds_of(sums: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints]:
    """In an order of their own, whatever that of `sums` was."""
    if not len(sums):
        return sums, np.zeros(0, np.int64)
    if sums.dtype.kind != "i":
        return _kinds_of_reals(sums)
    least = sums.min(axis=0)
    ranges = [int(span) + 1 for span in sums.max(axis=0) - least]
    if math.prod(ranges) >= 1 << 62:
        kinds, number = np.unique(sums, axis=0, return_counts=True)
        return kinds, number.astype(np.int64)
    return _kinds_of_words(sums, least, ranges)


def _kinds_of_words(sums: Ints, least: Ints, ranges: list[int]) -> tuple[Ints, Ints]:
    """Whole numbers that fit into one word, a digit a column."""
    words = np.zeros(len(sums), np.int64)
    for column, span in enumerate(ranges):
        words *= span
        words += sums[:, column] - least[column]
    if math.prod(ranges) <= 4 * len(sums) + 1024:
        counted = np.bincount(words)
        distinct = np.flatnonzero(counted)
        number = counted[distinct]
    else:
        distinct, number = np.unique(words, return_counts=True)
    columns = []
    for column in range(len(ranges) - 1, -1, -1):
        distinct, digit = np.divmod(distinct, ranges[column])
        columns.append(digit + least[column])
    return np.column_stack(columns[::-1]).astype(np.int64), number.astype(np.int64)


def _kinds_of_reals(sums: Floats) -> tuple[Floats, Ints]:
    """By the columns added up with weights that no two rows share by chance; equal rows add up to the same."""
    columns: int = sums.shape[1]
    weights = 1 + np.random.default_rng(columns).random((columns,))
    mark = np.zeros(len(sums))
    for column in range(columns):
        mark += weights[column] * sums[:, column]
    order = np.argsort(mark, kind="stable")
    ordered = sums[order]
    first = np.append(0, np.flatnonzero((ordered[1:] != ordered[:-1]).any(axis=1)) + 1)
    return ordered[first], np.diff(np.append(first, len(ordered))).astype(np.int64)
