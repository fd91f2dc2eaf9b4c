"""Judgments as columns: what every statistic of rankings starts from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.core.domain.ranking import K_MAX, K_MIN

from .checks import Ints as Ints
from .checks import column

TRAINING, HELD_OUT = 0, 1
# A group that was not stated is a group like any other.
NOT_STATED = -1

Tiers = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Judgments:
    """A row is what one labeler said of one task. Indexes are the caller's, from 0; names stay outside.

    `task`: one prompt with one candidate set, its candidates always in the same positions. `tiers`: 1 is best, equal
    is tied, padded with 0 to the right. `person`: False for a pool, a model or a simulated labeler; these take no part
    unless named as a reference. `groups`: further codes a row, such as its use case, guideline version or month.

    One row a labeler and task: the current judgment, not the ones it supersedes, and no silent retest, which measures
    consistency with oneself.
    """

    task: Ints
    prompt: Ints
    labeler: Ints
    tiers: Tiers
    cohort: Ints
    person: npt.NDArray[np.bool_]
    groups: Mapping[str, Ints] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.task)

    def where(self, chosen: npt.NDArray[Any]) -> "Judgments":
        """The rows that a mask or an index array chooses."""
        return Judgments(
            self.task[chosen], self.prompt[chosen], self.labeler[chosen], self.tiers[chosen],
            self.cohort[chosen], self.person[chosen], {name: codes[chosen] for name, codes in self.groups.items()},
        )  # fmt: skip

    def codes(self, by: str | None) -> Ints:
        """The group of each row: by nothing, by `cohort` or by one of `groups`."""
        if by is None:
            return np.zeros(len(self), np.int64)
        return self.cohort if by == "cohort" else self.groups[by]

    def sizes(self) -> Ints:
        """K of each row."""
        sizes: Ints = np.count_nonzero(self.tiers, axis=1).astype(np.int64)
        return sizes


def judgments(
    *,
    task: npt.ArrayLike,
    labeler: npt.ArrayLike,
    tiers: npt.NDArray[Any] | Iterable[Sequence[int]],
    prompt: npt.ArrayLike | None = None,
    cohort: npt.ArrayLike | None = None,
    person: npt.ArrayLike | None = None,
    groups: Mapping[str, npt.ArrayLike] | None = None,
) -> Judgments:
    """A table, checked and sorted by task and labeler. Without `prompt` each task is a prompt of its own; without
    `cohort` all are training labelers; without `person` all are persons. Raises ValueError that names what is wrong."""
    tasks = column("task", task, None)
    count = len(tasks)
    table = Judgments(
        tasks,
        tasks if prompt is None else column("prompt", prompt, count),
        column("labeler", labeler, count),
        _padded(tiers, count),
        np.zeros(count, np.int64) if cohort is None else column("cohort", cohort, count),
        np.ones(count, np.bool_) if person is None else column("person", person, count).astype(np.bool_),
        {name: column(name, codes, count) for name, codes in (groups or {}).items()},
    )
    table = table.where(np.lexsort((table.labeler, table.task)))
    _check(table)
    return table


def _padded(tiers: npt.NDArray[Any] | Iterable[Sequence[int]], count: int) -> Tiers:
    """(count, 9) whatever came: a narrower matrix, or rankings of different lengths."""
    if not isinstance(tiers, np.ndarray):
        rows = list(tiers)
        if wrong := [row for row in rows if not K_MIN <= len(row) <= K_MAX]:
            raise ValueError(f"tiers: {K_MIN} to {K_MAX} candidates are ranked, not {len(wrong[0])}")
        tiers = np.array([[*row, *[0] * (K_MAX - len(row))] for row in rows], np.int64).reshape(len(rows), K_MAX)
    if tiers.ndim != 2 or len(tiers) != count or tiers.shape[1] > K_MAX or tiers.dtype.kind not in "iu":
        raise ValueError(f"tiers: {count} rows of up to {K_MAX} whole numbers are needed, not {tiers.shape}")
    if tiers.size and (tiers.min() < 0 or tiers.max() > K_MAX):
        raise ValueError(f"tiers: 1 to {K_MAX}, 0 where there is no candidate")
    wide = np.zeros((count, K_MAX), np.int8)
    wide[:, : tiers.shape[1]] = tiers
    return wide


def _check(table: Judgments) -> None:
    """`table` is sorted by task and labeler."""
    tiers, sizes = table.tiers, table.sizes()
    _refuse(table, (sizes < K_MIN) | (tiers[np.arange(len(table)), np.maximum(sizes - 1, 0)] == 0),
            f"{K_MIN} to {K_MAX} candidates are ranked, from the left, without a gap")  # fmt: skip
    # Dense: as many different tiers as the highest says.
    different = sum(((tiers == tier).any(axis=1).astype(np.int8) for tier in range(1, K_MAX + 1)), np.int8(0))
    _refuse(table, different != tiers.max(axis=1, initial=0), "tiers are dense: 1, 2, 2, 3, without gaps")
    same_task = table.task[1:] == table.task[:-1]
    _refuse(table, np.append(same_task & (table.labeler[1:] == table.labeler[:-1]), False), "a labeler is here twice")
    _refuse(table, np.append(same_task & (sizes[1:] != sizes[:-1]), False),
            "its judgments rank different numbers of candidates")  # fmt: skip
    _refuse(table, np.append(same_task & (table.prompt[1:] != table.prompt[:-1]), False), "it belongs to two prompts")


def _refuse(table: Judgments, wrong: npt.NDArray[np.bool_], rule: str) -> None:
    if wrong.any():
        raise ValueError(f"task {table.task[int(wrong.argmax())]}: {rule}")
