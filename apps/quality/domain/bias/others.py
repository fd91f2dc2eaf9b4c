"""How far each judgment agrees with those of others on the same task, in one pass, whatever the number of labelers.

For each pair of candidates the votes of a task are counted; a judgment agrees with those who voted as it did, less
itself. Only persons count. Summed over all judgments each two meet twice, so rates are those of pairwise agreement.
"""

from dataclasses import dataclass

import numpy as np

from .intervals import Ints
from .pairs import Halves, Table


@dataclass(frozen=True, eq=False)
class Others:
    """In halves, a row a judgment. `all`: a tie is an outcome like better and worse. `strict`: over pairs that neither
    of the two ties."""

    all: Halves
    strict: Halves


def with_others(table: Table) -> Others:
    given, n = table.given, len(table.given)
    persons = np.bincount(given.task[given.person], minlength=int(given.task.max(initial=-1)) + 1)
    meets = given.person & (persons[given.task] > 1) if n else np.zeros(0, np.bool_)
    sums = np.zeros((4, n), np.int32)
    tasks = np.unique(given.task[meets], return_inverse=True)[1]
    compact = np.zeros(n, np.int64)
    compact[meets] = tasks
    for pair in table.pairs:
        rows = np.arange(n)[pair.rows]
        here = meets[rows]
        _add(sums, rows[here], compact[rows[here]], pair.said[here].astype(np.int64))
    same, all_, strict_same, strict_all = 2 * sums
    none = np.zeros(n, np.int32)
    return Others(Halves(same, all_, none), Halves(strict_same, strict_all, none))


def _add(sums: np.ndarray, rows: np.ndarray, task: Ints, said: Ints) -> None:
    """One pair of positions: how many others said the same, of how many."""
    if not len(rows):
        return
    votes = np.bincount(3 * task + said + 1, minlength=3 * (int(task.max()) + 1)).reshape(-1, 3)
    mine = votes[task, said + 1] - 1
    strict = said != 0
    sums[0, rows] += mine.astype(np.int32)
    sums[1, rows] += (votes.sum(axis=1)[task] - 1).astype(np.int32)
    sums[2, rows] += np.where(strict, mine, 0).astype(np.int32)
    sums[3, rows] += np.where(strict, votes[task, 0] + votes[task, 2] - 1, 0).astype(np.int32)
