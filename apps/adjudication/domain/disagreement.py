"""How far apart the labelers of each task are, and what is at stake.

Pairwise as `apps.quality.domain` counts it: of the pairs of candidates on which two labelers are compared, the share said
alike, a tie being an outcome of its own. Disagreement is one less that.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.quality.domain.outcomes import kinds, meetings, outcomes
from apps.quality.domain.table import Ints, Tiers

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Disagreements:
    """A row a task that two labelers judged. `training`: only the training cohort's judgments were compared, as there
    were two of them; else everybody's. `feeds`: the ordered pairs that the training judgments teach."""

    task: Ints
    training: Bools
    judgments: Ints
    compared: Ints
    alike: Ints
    feeds: Ints


def disagreements(task: Ints, tiers: Tiers, training: Bools) -> Disagreements:
    """Rows are judgments in any order, one a labeler and task; `training`: of whom it is."""
    chosen = _of_one_cohort(task, training)
    order = np.argsort(task[chosen], kind="stable")
    task, tiers, training = task[chosen][order], tiers[chosen][order], training[chosen][order]
    names, place, judgments = np.unique(task, return_inverse=True, return_counts=True)
    said = outcomes(tiers)
    compared, alike = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    for first, second in meetings(task):
        found = kinds(said, first, second)
        np.add.at(compared, place[first], said.pairs[first])
        np.add.at(alike, place[first], found.same + found.both_tied)
    ordered = np.bitwise_count(said.strict).astype(np.int64) * training
    feeds = np.bincount(place, weights=ordered, minlength=len(names)).astype(np.int64)
    taught = np.bincount(place, weights=training, minlength=len(names)) == judgments
    several = judgments > 1
    return Disagreements(
        names[several], taught[several], judgments[several], compared[several], alike[several], feeds[several]
    )


def _of_one_cohort(task: Ints, training: Bools) -> Bools:
    """Without held-out judgments where two training ones are there: those decide what may be trained on."""
    _, place = np.unique(task, return_inverse=True)
    enough = np.bincount(place, weights=training) >= 2
    chosen: Bools = training | ~enough[place]
    return chosen
