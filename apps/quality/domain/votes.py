"""How many units everybody said the same of, and of how many no one thing was said by more than half."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Consensus:
    """Of units that two labelers or more judged."""

    units: int
    unanimous: int
    no_majority: int


def consensus(counts: npt.ArrayLike) -> Consensus:
    """Of a table (units, categories): how many labelers put the unit into the category."""
    cells = np.asarray(counts, np.int64)
    if not cells.size:
        return Consensus(0, 0, 0)
    cells = cells[cells.sum(axis=1) >= 2]
    most, total = cells.max(axis=1), cells.sum(axis=1)
    return Consensus(len(cells), int((most == total).sum()), int((2 * most <= total).sum()))
