"""Judgments as columns: what every bias report of rankings starts from.

A row is what one labeler said of one task, n rows in all; its candidates stand in the task's positions, w at most,
padded to the right. Indexes are the caller's, from 0: a labeler is a number here, and only the caller knows pseudonyms.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.core.domain.ranking import K_MAX

from ..checks import column
from .features import Features
from .intervals import Bools, Ints, Wide

Small = npt.NDArray[np.int8]

NOT_KNOWN = -1


@dataclass(frozen=True, eq=False)
class Rankings:
    """One row a labeler and task: the current judgment, not the ones it supersedes, and no silent retest.

    `task`, `prompt`, `labeler` (n,): codes without gaps; `labelers[code]` is the caller's index. `tiers` (n, w): 1 is
    best, equal is tied, 0 no candidate. `shown` (n, w): the place at which the candidate was shown, 1 first, 0 not
    known. `completion` (n, w): the row of `features`, -1 where there is none. `raw` (n,): 1 judged in the raw view, 0 in the
    rendered one. `person` (n,): False for a pool, a model or a simulated labeler: these count as preferences, and are
    no people. `submitted` (n,): seconds since some epoch. `active` (n,): seconds. `prompt_words` (n,): words to read
    before the candidates. `raw` and the last three are -1 where it is not known.
    """

    task: Ints
    prompt: Ints
    labeler: Ints
    labelers: Ints
    tiers: Small
    shown: Small
    completion: Wide
    raw: Small
    person: Bools
    submitted: Ints
    active: Ints
    prompt_words: Ints
    features: Features

    def __len__(self) -> int:
        return len(self.task)


def rankings(
    *,
    task: npt.ArrayLike,
    prompt: npt.ArrayLike,
    labeler: npt.ArrayLike,
    tiers: npt.ArrayLike,
    features: Features,
    completion: npt.ArrayLike,
    shown: npt.ArrayLike | None = None,
    raw: npt.ArrayLike | None = None,
    person: npt.ArrayLike | None = None,
    submitted: npt.ArrayLike | None = None,
    active: npt.ArrayLike | None = None,
    prompt_words: npt.ArrayLike | None = None,
) -> Rankings:
    """Checked columns; what is left out is not known. Raises ValueError that names the column and the rule."""
    tasks = column("task", task, None)
    n = len(tasks)
    tiers_ = _matrix("tiers", tiers, n, None)
    width = tiers_.shape[1]
    labelers, code = np.unique(column("labeler", labeler, n), return_inverse=True)

    def optional(name: str, given: npt.ArrayLike | None, default: int) -> Ints:
        return np.full(n, default, np.int64) if given is None else column(name, given, n)

    table = Rankings(
        task=_codes(tasks),
        prompt=_codes(column("prompt", prompt, n)),
        labeler=code.astype(np.int64),
        labelers=labelers,
        tiers=tiers_.astype(np.int8),
        shown=(np.zeros((n, width)) if shown is None else _matrix("shown", shown, n, width)).astype(np.int8),
        completion=_matrix("completion", completion, n, width).astype(np.int32),
        raw=optional("raw", raw, NOT_KNOWN).astype(np.int8),
        person=optional("person", person, 1).astype(np.bool_),
        submitted=optional("submitted", submitted, NOT_KNOWN),
        active=optional("active", active, NOT_KNOWN),
        prompt_words=optional("prompt_words", prompt_words, NOT_KNOWN),
        features=features,
    )
    _check(table)
    return table


def places(display_order: npt.ArrayLike) -> Small:
    """From shown orders (n, w), the position shown at each place, padded with -1, to the place of each position: what
    `shown` is made of."""
    order = np.asarray(display_order, np.int64)
    found = np.zeros(order.shape, np.int8)
    row, place = np.nonzero(order >= 0)
    found[row, order[row, place]] = place + 1
    return found


def _matrix(name: str, values: npt.ArrayLike, rows: int, width: int | None) -> npt.NDArray[Any]:
    matrix = np.asarray(values)
    if not rows and not matrix.size:
        return np.zeros((0, width or 0), np.int8)
    if matrix.ndim != 2 or len(matrix) != rows or (width is not None and matrix.shape[1] != width):
        raise ValueError(f"{name}: {rows} rows of {width or 'some'} candidates are needed, not {matrix.shape}")
    if matrix.dtype.kind not in "iu":
        raise ValueError(f"{name}: whole numbers are needed, not {matrix.dtype}")
    return matrix


def _codes(values: Ints) -> Ints:
    """The same values as 0, 1, 2... in their order."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _check(table: Rankings) -> None:
    tiers, there = table.tiers, table.tiers > 0
    if tiers.shape[1] > K_MAX or (tiers.size and (tiers.min() < 0 or tiers.max() > K_MAX)):
        raise ValueError(f"tiers: 1 to {K_MAX} of up to {K_MAX} candidates, 0 where there is none")
    if (there[:, 1:] & ~there[:, :-1]).any() or (len(table) and (there.sum(axis=1) < 2).any()):
        raise ValueError("tiers: two or more candidates are ranked, from the left, without a gap")
    rows = table.completion[there]
    if rows.size and (rows.min() < 0 or rows.max() >= len(table.features)):
        raise ValueError(f"completion: each candidate is a row of features, 0 to {len(table.features) - 1}")
    if table.shown.size and (table.shown.min() < 0 or table.shown.max() > K_MAX):
        raise ValueError(f"shown: places 1 to {K_MAX}, 0 where it is not known")
    meeting = np.sort(table.task * (len(table.labelers) + 1) + table.labeler)
    if (meeting[1:] == meeting[:-1]).any():
        raise ValueError("labeler: one current judgment a task is needed, and a labeler is there twice")
