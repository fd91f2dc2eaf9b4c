"""Where the guideline is unclear: each use case or field that stands out, how much labelers differ there and elsewhere."""

from dataclasses import dataclass

import numpy as np

from .evidence import Of
from .examples import Example, of_prompts, of_tasks
from .given import Marks
from .guideline import marks_summed
from .meetings import Meetings


@dataclass(frozen=True, slots=True)
class Place:
    """`name`: the caller's index of a use case (`of` rankings) or a field (`of` marks). `opposite` of `compared` pairs
    were said the opposite way; `elsewhere` is that share of all others, None where there are none."""

    of: Of
    name: int
    opposite: int
    compared: int
    elsewhere: float | None
    examples: tuple[Example, ...]


def places_of_use_cases(met: Meetings, names: tuple[int, ...]) -> list[Place]:
    found = []
    for name in names:
        here = met.use_case == name
        opposite, compared = float(met.opposite[here].sum()), float(met.compared[here].sum())
        rest = _share(float(met.opposite.sum()) - opposite, float(met.compared.sum()) - compared)
        found.append(Place(Of.RANKINGS, name, round(opposite), round(compared), rest, of_tasks(met, here)))
    return _worst_first(found)


def places_of_fields(marks: Marks, names: tuple[int, ...]) -> list[Place]:
    known, said = marks_summed(marks)
    unlike, pairs = said.unlike.sum(axis=0), said.pairs.sum(axis=0)
    found = []
    for name in names:
        at = int(np.searchsorted(known, name))
        rest = _share(float(unlike.sum() - unlike[at]), float(pairs.sum() - pairs[at]))
        found.append(
            Place(Of.MARKS, name, round(unlike[at]), round(pairs[at]), rest, of_prompts(marks, (name,)))
        )  # fmt: skip
    return _worst_first(found)


def _share(opposite: float, compared: float) -> float | None:
    return opposite / compared if compared else None


def _worst_first(places: list[Place]) -> list[Place]:
    return sorted(places, key=lambda one: (-one.opposite / max(one.compared, 1), one.name))
