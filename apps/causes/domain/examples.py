"""Tasks in which a cause shows, the clearest first."""

from dataclasses import dataclass

import numpy as np

from .given import Bools, Marks
from .meetings import Meetings

MANY = 5


@dataclass(frozen=True, slots=True)
class Example:
    """The caller's indexes, and of the compared pairs of candidates (or marks) how many were said the opposite way."""

    task: int
    prompt: int
    opposite: int
    compared: int


def of_tasks(met: Meetings, hit: Bools) -> tuple[Example, ...]:
    """Where the meetings that are hit disagree most, of those that compared the most."""
    if not hit.any():
        return ()
    opposite, compared = met.by_task(met.opposite * hit), met.by_task(met.compared * hit)
    prompt = np.zeros(len(met.tasks), np.int64)
    prompt[met.task] = met.prompts[met.prompt]
    # A share of few pairs says little: as if two more had been the same.
    score = opposite / (compared + 2)
    best = np.lexsort((met.tasks, -opposite, -score))[:MANY]
    return tuple(
        Example(int(met.tasks[at]), int(prompt[at]), round(opposite[at]), round(compared[at]))
        for at in best
        if opposite[at] > 0
    )


def of_prompts(marks: Marks, fields: tuple[int, ...]) -> tuple[Example, ...]:
    """Where labelers mark the fields most unlike."""
    chosen = np.isin(marks.field, fields)
    tasks, first, place = np.unique(marks.task[chosen], return_index=True, return_inverse=True)
    units, unit = np.unique(
        np.column_stack([place, marks.field[chosen], marks.target[chosen]]), axis=0, return_inverse=True
    )
    unit = unit.reshape(-1)
    said, yes = np.bincount(unit), np.bincount(unit, marks.value[chosen] != 0)
    unlike = np.bincount(units[:, 0], yes * (said - yes), minlength=len(tasks))
    pairs = np.bincount(units[:, 0], said * (said - 1) / 2, minlength=len(tasks))
    best = np.lexsort((tasks, -unlike))[:MANY]
    prompt = marks.prompt[chosen][first]
    return tuple(
        Example(int(tasks[at]), int(prompt[at]), round(unlike[at]), round(pairs[at])) for at in best if unlike[at] > 0
    )
