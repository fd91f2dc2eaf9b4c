"""Do judgments change over the hours of a stretch: more ties, less time for a word, less agreement with others?

The table by hour shows who was still there; the trend does not: each judgment is held against the mean of its own
stretch, so neither people nor days nor learning between days can make one. It is tested by sign flips over labelers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .estimate import Counts, Interval, Rate, Sentence, Told, Why
from .flips import FEWEST, slope_of
from .found import Found, not_said
from .intervals import FEWEST_LABELERS, Bools, Floats, over_labelers
from .lessons import Lesson
from .others import Others, with_others
from .pairs import Table, different
from .reading import words_read
from .stretches import HOURS, Stretches, stretches


@dataclass(frozen=True, slots=True)
class Trend:
    """`hours`: the value in the first hour of a stretch, the second...; the last holds all later ones. `slope`: the change
    with every hour; of time for a word as a share of it (0.1: a tenth more). `p`: of no change at all."""

    hours: tuple[Rate, ...]
    slope: Rate
    p: float | None
    told: Told


@dataclass(frozen=True, slots=True)
class Fatigue:
    """Agreement is that of the last judgment of each task with those before it."""

    ties: Trend
    seconds_a_word: Trend
    agreement: Trend


def fatigue(table: Table, others: Others | None = None) -> Fatigue:
    """Of the persons whose submits have a time."""
    at = stretches(table.given)
    tied, pairs = _ties(table)
    both = (others or with_others(table)).all
    both = both.where(_last_of_task(table, at, both.below > 0))
    seconds, words = table.given.active.astype(np.float64), words_read(table.given).astype(np.float64)
    timed = (seconds > 0) & (words > 0)
    seconds, words = np.where(timed, seconds, 0), np.where(timed, words, 0)
    return Fatigue(
        _trend(table, at, tied, pairs, Why.NOTHING, _TIES),
        _trend(table, at, seconds, words, Why.NO_TIMES, _PACE, logarithm=True),
        _trend(table, at, both.above.astype(np.float64), both.below.astype(np.float64), Why.NO_OVERLAP, _AGREEMENT),
    )


def _ties(table: Table) -> tuple[Floats, Floats]:
    tied, pairs = np.zeros(len(table.given)), np.zeros(len(table.given))
    for pair in table.pairs:
        tied[pair.rows] += pair.said == 0
        pairs[pair.rows] += 1
    return tied, pairs


def _last_of_task(table: Table, at: Stretches, meets: Bools) -> Bools:
    """Of each task the judgment that was submitted last. A disagreement belongs to everybody who met, and would make
    their scores go together; held against all others in one person's stretch only, scores stay independent."""
    rows = at.rows[meets[at.rows]]
    task, when = table.given.task[rows], table.given.submitted[rows]
    order = np.lexsort((when, task))
    last = np.append(np.diff(task[order]) > 0, True)[: len(rows)]
    chosen = np.zeros(len(table.given), np.bool_)
    chosen[rows[order[last]]] = True
    return chosen


Say = Callable[[Rate], Told]


def _trend(
    table: Table, at: Stretches, above: Floats, below: Floats, missing: Why, say: Say, *, logarithm: bool = False
) -> Trend:
    """Of `above` by `below`, a value a judgment; where `below` is 0 there is none."""
    known, chosen = len(at.rows), below[at.rows] > 0
    at = Stretches(at.rows[chosen], at.stretch[chosen], at.elapsed[chosen])
    above, below = above[at.rows], below[at.rows]
    hours = tuple(
        _rate(table, at, at.hour == hour, above, below, share=not logarithm) for hour in range(HOURS)
    )[: int(at.hour.max(initial=0)) + 1]  # fmt: skip
    counts = _counts(table, at, np.ones(len(at.rows), np.bool_))
    if not counts.units:
        slope, p = Rate(counts, why=Sentence(missing if known else Why.NO_SUBMITS)), None
    else:
        values = np.log(above / below) if logarithm else above / below
        slope, p = _slope(table, at, values, counts, logarithm=logarithm)
    return Trend(hours, slope, p, not_said(slope) if slope.value is None else say(slope))


def _slope(
    table: Table, at: Stretches, values: Floats, counts: Counts, *, logarithm: bool
) -> tuple[Rate, float | None]:
    number = np.maximum(np.bincount(at.stretch), 1)
    x = at.elapsed - (np.bincount(at.stretch, at.elapsed) / number)[at.stretch]
    y = values - (np.bincount(at.stretch, values) / number)[at.stretch]
    labeler = table.given.labeler[at.rows]
    xy, xx = (np.bincount(labeler, weights).astype(np.float64) for weights in (x * y, x * x))
    if at.elapsed.max(initial=0) < 1 or not xx.any():
        return Rate(counts, why=Sentence(Why.NO_STRETCH)), None
    if np.allclose(y, 0):
        return Rate(counts, why=Sentence(Why.NO_VARIATION)), None
    slope, interval, p = slope_of(xy, xx)
    if logarithm:
        slope = float(np.expm1(slope))
        if interval is not None:
            low, high = float(np.expm1(interval.low)), float(np.expm1(interval.high))
            interval = Interval(low, high, interval.level, interval.method)
    why = None if interval else Sentence(Why.FEW_LABELERS, {"fewest": FEWEST})
    return Rate(counts, slope, interval, why_no_interval=why), p


def _rate(table: Table, at: Stretches, chosen: Bools, above: Floats, below: Floats, *, share: bool) -> Rate:
    counts = _counts(table, at, chosen)
    if not counts.units:
        return Rate(counts, why=Sentence(Why.NOTHING))
    labeler = table.given.labeler[at.rows[chosen]]
    one, other = np.bincount(labeler, above[chosen]), np.bincount(labeler, below[chosen])
    interval = over_labelers(one, other, share=share)
    why = None if interval else Sentence(Why.FEW_LABELERS, {"fewest": FEWEST_LABELERS})
    return Rate(counts, float(one.sum() / other.sum()), interval, why_no_interval=why)


def _counts(table: Table, at: Stretches, chosen: Bools) -> Counts:
    rows = at.rows[chosen]
    return Counts(
        units=len(rows), judgments=len(rows),
        prompts=different(table.given.prompt[rows]), labelers=different(table.given.labeler[rows]),
    )  # fmt: skip


def _say(up: Found, down: Found, steady: Found, if_up: Lesson, if_down: Lesson, place: str) -> Say:
    """`place`: the name of the change in the sentences: `points` of a share, or a relative `change`."""

    def say(slope: Rate) -> Told:
        side = slope.side_of(0.0)
        if side is None:
            return Told(Sentence(Found.NOT_BOUNDED, {"why": slope.why_no_interval or ""}), Sentence(Lesson.TOO_WIDE))
        if not side:
            return Told(Sentence(steady), Sentence(Lesson.FRESH))
        size = abs(slope.value or 0.0)
        value = size if place == "change" else f"{100 * size:.1f}"
        return Told(Sentence(up if side > 0 else down, {place: value}), Sentence(if_up if side > 0 else if_down))

    return say


_TIES = _say(
    Found.TIES_RISE, Found.TIES_FALL, Found.TIES_STEADY, Lesson.TIRED_TIES, Lesson.FRESH, "points"
)  # fmt: skip
_PACE = _say(Found.SLOWER, Found.QUICKER, Found.PACE_STEADY, Lesson.FRESH, Lesson.HASTE, "change")
_AGREEMENT = _say(
    Found.AGREEMENT_RISES, Found.AGREEMENT_FALLS, Found.AGREEMENT_STEADY, Lesson.FRESH, Lesson.TIRED_NOISE, "points"
)  # fmt: skip
