"""Judgments quicker than anybody reads.

The limit is 600 words a minute, R. P. Carver's rate of scanning, which is looking for a word rather than following
sentences (Reading rate: theory, research, and practical implications, 1992: scanning 600, skimming 450, ordinary reading
300). Most adults read 175 to 300 words a minute (M. Brysbaert, How many words do we read per minute?, 2019: 238 on
average). So a judgment above the limit was surely not read through; one below it may not have been either. Active time
leaves idle time out and includes choosing, which makes the rate slower than the reading was.
"""

from dataclasses import dataclass

import numpy as np

from .estimate import Counts, Interval, Rate, Sentence, Told, Why
from .found import Found, not_said
from .intervals import FEWEST_LABELERS, over_labelers, wilson
from .lessons import Lesson
from .pairs import Table, different
from .reading import words_read

WORDS_A_MINUTE = 600
# A labeler is named whose share is surely above this.
LIMIT = 0.1


@dataclass(frozen=True, slots=True)
class Share:
    """Of one labeler, by the caller's index: how many of the judgments or demonstrations, with Wilson's interval."""

    labeler: int
    some: int
    all: int
    share: float
    interval: Interval

    @property
    def surely(self) -> bool:
        return self.interval.above(LIMIT)


@dataclass(frozen=True, slots=True)
class Speed:
    """`left_out`: judgments of persons whose time or words are not known. `labelers`: the largest share first."""

    words_a_minute: int
    quick: Rate
    labelers: tuple[Share, ...]
    left_out: int
    told: Told


def speed(table: Table, words_a_minute: int = WORDS_A_MINUTE) -> Speed:
    given = table.given
    words = words_read(given)
    known = given.person & (given.active >= 0) & (words > 0)
    # words / (seconds / 60) > limit, also for no seconds at all.
    quick = 60 * words[known] > words_a_minute * given.active[known]
    left_out = int(np.count_nonzero(given.person & ~known))
    labeler = given.labeler[known]
    some, number = np.bincount(labeler, quick).astype(np.int64), np.bincount(labeler)
    counts = Counts(
        units=len(labeler), judgments=len(labeler), prompts=different(given.prompt[known]),
        labelers=int(np.count_nonzero(number)),
    )  # fmt: skip
    shares = shares_of(given.labelers[: len(number)].tolist(), some.tolist(), number.tolist())
    overall = rate_of_shares(shares, counts, Why.NO_TIMES)
    return Speed(words_a_minute, overall, shares, left_out, _told(overall, shares, words_a_minute))


def shares_of(labelers: list[int], some: list[int], number: list[int]) -> tuple[Share, ...]:
    """Of the labelers who have any, the largest share first."""
    found = [
        Share(labeler, part, whole, part / whole, wilson(part, whole))
        for labeler, part, whole in zip(labelers, some, number, strict=True)
        if whole
    ]
    return tuple(sorted(found, key=lambda one: (-one.share, -one.all, one.labeler)))


def rate_of_shares(shares: tuple[Share, ...], counts: Counts, missing: Why) -> Rate:
    """Of all labelers together, who are the sample."""
    if not shares:
        return Rate(counts, why=Sentence(missing))
    some, number = [one.some for one in shares], [one.all for one in shares]
    interval = over_labelers(some, number)
    why = None if interval else Sentence(Why.FEW_LABELERS, {"fewest": FEWEST_LABELERS})
    return Rate(counts, sum(some) / sum(number), interval, why_no_interval=why)


def _told(overall: Rate, shares: tuple[Share, ...], limit: int) -> Told:
    if overall.value is None:
        return not_said(overall)
    named = sum(one.surely for one in shares)
    values = {"share": overall.value, "speed": limit, "limit": LIMIT}
    if named:
        return Told(Sentence(Found.SPEEDING, {**values, "labelers": named}), Sentence(Lesson.SPEED))
    return Told(Sentence(Found.NO_SPEEDING, values), Sentence(Lesson.FRESH))
