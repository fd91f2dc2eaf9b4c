"""What a service keeps of a project's ratings, so that new ones cost what they touch and not what there is.

Ratings are many, so they are not kept themselves: whatever was said of the prompts in hand is read again, as it was when
it was added (the judgments that are kept) and as it is now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .scales import Ratings, ScaleTally, tally_scale
from .table import Ints


@dataclass(frozen=True, slots=True)
class Scale:
    name: str
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Said:
    """All ratings of some prompts on one scale, a row each, by the judgment's id. `current`: no later judgment corrects it."""

    judgment: Ints
    current: npt.NDArray[np.bool_]
    target: Ints
    prompt: Ints
    labeler: Ints
    value: Ints

    def where(self, chosen: npt.NDArray[np.bool_]) -> Ratings:
        """Of those chosen one a labeler and completion: what was said first."""
        rows = np.flatnonzero(chosen)
        order = rows[np.lexsort((self.judgment[rows], self.labeler[rows], self.target[rows]))]
        first = np.ones(len(order), np.bool_)
        first[1:] = (np.diff(self.target[order]) != 0) | (np.diff(self.labeler[order]) != 0)
        one = order[first]
        everybody = np.ones(len(one), np.bool_)
        return Ratings(self.target[one], self.prompt[one], self.labeler[one], self.value[one], everybody)


@dataclass(frozen=True)
class KeptScales:
    """`judgments`: the ids of those whose ratings are in the tallies, rising. `read_to`: all judgments up to this id have
    been seen; above it some may be seen already."""

    judgments: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    tallies: Mapping[Scale, ScaleTally] = field(default_factory=dict)
    read_to: int = 0


def scales_refreshed(kept: KeptScales, said: Mapping[Scale, Said], read_to: int) -> KeptScales:
    """`said` is all that there is on each scale of the prompts of which something new was said."""
    tallies, judgments = dict(kept.tallies), kept.judgments
    for scale, rows in said.items():
        before = np.isin(rows.judgment, kept.judgments)
        change = _tally(scale, rows.where(rows.current)) - _tally(scale, rows.where(before))
        tallies[scale] = tallies[scale] + change if scale in tallies else change
        judgments = np.union1d(np.setdiff1d(judgments, rows.judgment), rows.judgment[rows.current])
    return KeptScales(judgments, tallies, read_to)


def _tally(scale: Scale, ratings: Ratings) -> ScaleTally:
    return tally_scale(ratings, low=scale.low, high=scale.high)
