"""How much of the demonstrations was pasted, as far as browsers told."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .estimate import Counts, Rate, Sentence, Told, Why
from .found import Found, not_said
from .intervals import FEWEST_LABELERS, Floats, Ints, over_labelers
from .lessons import Lesson
from .speed import LIMIT, Share, rate_of_shares, shares_of

# Of a demonstration that is called pasted, more than this share of the characters came by pasting.
MOSTLY = 0.5


@dataclass(frozen=True, eq=False)
class Demonstrations:
    """A row a demonstration of a person: the labeler (the caller's index) and the pasted share of its characters, 0 to
    1, below 0 where the browser did not tell."""

    labeler: Ints
    pasted: Floats

    @classmethod
    def of(cls, labeler: npt.ArrayLike, pasted: npt.ArrayLike) -> "Demonstrations":
        who, share = np.asarray(labeler, np.int64), np.asarray(pasted, np.float64)
        if who.shape != share.shape or who.ndim != 1:
            raise ValueError(f"pasted: one value a demonstration is needed, {len(who)} in all, not {share.shape}")
        if not (share <= 1).all():
            raise ValueError("pasted: a share is 0 to 1, below 0 where it is not known")
        return cls(who, share)


@dataclass(frozen=True, slots=True)
class Pasted:
    """`mostly`: how many demonstrations are pasted for more than half. `mean`: the mean pasted share. `labelers`: of the
    first, the largest share first. `left_out`: demonstrations of which nothing was told."""

    mostly: Rate
    mean: Rate
    labelers: tuple[Share, ...]
    left_out: int
    told: Told


def pasted(given: Demonstrations) -> Pasted:
    known = given.pasted >= 0
    share = given.pasted[known]
    labelers, code = np.unique(given.labeler[known], return_inverse=True)
    number = np.bincount(code, minlength=len(labelers))
    some = np.bincount(code, share > MOSTLY, minlength=len(labelers)).astype(np.int64)
    counts = Counts(units=len(share), judgments=len(share), labelers=len(labelers))
    shares = shares_of(labelers.tolist(), some.tolist(), number.tolist())
    missing = Why.NOT_TOLD if len(known) else Why.NOTHING
    mostly = rate_of_shares(shares, counts, missing)
    mean = _mean(
        np.bincount(code, share, minlength=len(labelers)).astype(np.float64), number.astype(np.float64), counts, missing
    )
    return Pasted(mostly, mean, shares, int(np.count_nonzero(~known)), _told(mostly, shares))


def _mean(total: Floats, number: Floats, counts: Counts, missing: Why) -> Rate:
    if not counts.units:
        return Rate(counts, why=Sentence(missing))
    interval = over_labelers(total, number)
    why = None if interval else Sentence(Why.FEW_LABELERS, {"fewest": FEWEST_LABELERS})
    return Rate(counts, float(total.sum() / number.sum()), interval, why_no_interval=why)


def _told(mostly: Rate, shares: tuple[Share, ...]) -> Told:
    if mostly.value is None:
        return not_said(mostly)
    named = sum(one.surely for one in shares)
    values = {"share": mostly.value, "limit": LIMIT}
    if named:
        return Told(Sentence(Found.PASTED, {**values, "labelers": named}), Sentence(Lesson.PASTE))
    return Told(Sentence(Found.NOT_PASTED, values), Sentence(Lesson.NOTHING))
