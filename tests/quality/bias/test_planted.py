"""What was planted is found, and its value lies in the interval, in at least nine of ten; where nothing was, nothing is."""

from collections.abc import Callable

import numpy as np
import pytest

from apps.quality.domain.bias.estimate import Rate
from apps.quality.domain.bias.fatigue import Fatigue, fatigue
from apps.quality.domain.bias.found import Found
from apps.quality.domain.bias.length import length
from apps.quality.domain.bias.lessons import Lesson
from apps.quality.domain.bias.marks import Mark
from apps.quality.domain.bias.pairs import Table
from apps.quality.domain.bias.position import position
from apps.quality.domain.bias.rendering import rendering
from apps.quality.domain.bias.speed import speed
from apps.quality.domain.bias.style import Style, styles
from apps.quality.domain.bias.weight import weight

from .make import QUICK, Crowd

SEEDS = range(10)


def covered(rates: list[Rate], truth: float) -> int:
    return sum(rate.interval is not None and rate.interval.low <= truth <= rate.interval.high for rate in rates)


def of(seed_to_rate: Callable[[int], Rate]) -> list[Rate]:
    return [seed_to_rate(seed) for seed in SEEDS]


@pytest.mark.parametrize("habit", [0.0, 0.4])
def test_position(habit: float):
    """A share of the judgments is nothing but the order shown, so the first wins 1/2 + half of that share."""

    def one(seed: int) -> Rate:
        crowd = Crowd(seed)
        crowd.scores = np.where(crowd.some(habit)[:, None], crowd.shown, crowd.scores)
        return position(crowd.table()).first

    rates = of(one)
    assert covered(rates, 0.5 + habit / 2) >= 9
    assert (covered(rates, 0.5) == 0) if habit else True


@pytest.mark.parametrize("habit", [0.0, 0.4])
def test_length(habit: float):
    def one(seed: int) -> Rate:
        crowd = Crowd(seed)
        crowd.scores = np.where(crowd.some(habit)[:, None], -crowd.length(), crowd.scores)
        return length(crowd.table()).longer

    rates = of(one)
    assert covered(rates, 0.5 + habit / 2) >= 9
    assert (covered(rates, 0.5) == 0) if habit else True


def test_position_is_told():
    crowd = Crowd(1)
    crowd.scores = crowd.shown.astype(float)
    told = position(crowd.table())
    assert told.places[0].value == 1.0
    assert told.told.found.words is Found.FIRST_WINS


def formatted(seed: int, by: str) -> Style:
    """Longer texts have more list items, and labelers follow the length as they feel it; or they follow the list items."""
    crowd = Crowd(seed, tasks=400)
    lists = crowd.characters // 100 + crowd.rng.integers(0, 2, len(crowd.characters))
    if by == "marks":
        lists = crowd.rng.integers(0, 3, len(crowd.characters))
        crowd.characters = crowd.characters % 7 + 500
    crowd.more = {"lists": lists}
    if by == "length":
        crowd.scores = crowd.rng.normal(-np.log(crowd.length()), 0.3)
    else:
        crowd.scores = np.where(crowd.some(0.5)[:, None], -lists[np.maximum(crowd.completion, 0)], crowd.scores)
    return next(one for one in styles(crowd.table()) if one.mark is Mark.LISTS)


def test_marks_that_are_only_length():
    found = [formatted(seed, "length") for seed in SEEDS]
    assert all(one.more.side_of(0.5) == 1 for one in found)
    assert sum(one.told.found.words is Found.MORE_BY_LENGTH for one in found) >= 9


def test_marks_beyond_length():
    found = [formatted(seed, "marks") for seed in SEEDS]
    assert sum(one.told.found.words is Found.MORE_WINS for one in found) >= 9
    assert found[0].told.lesson is not None
    assert found[0].told.lesson.words is Lesson.MORE


@pytest.mark.parametrize("habit", [0.0, 0.6])
def test_formatting_only_where_it_is_rendered(habit: float):
    def one(seed: int) -> Rate:
        crowd = Crowd(seed)
        bold = crowd.rng.permutation(len(crowd.characters))
        raw = crowd.some(0.5)
        crowd.more, crowd.columns = {"bold": bold}, {"raw": raw}
        follows = (crowd.some(habit) & ~raw)[:, None]
        crowd.scores = np.where(follows, -bold[np.maximum(crowd.completion, 0)], crowd.scores)
        return rendering(crowd.table()).difference

    rates = of(one)
    assert covered(rates, habit / 2) >= 9
    assert (covered(rates, 0) == 0) if habit else True


def day(seed: int, tired: float, *, labelers: int = 12, hours: int = 4) -> Table:
    """Two stretches a labeler, four minutes a judgment; each two labelers judge the same tasks. With every hour the time
    for a word falls by a share, more is tied, and more is judged at random."""
    each = hours * 15
    crowd = Crowd(seed, tasks=3)
    rng = crowd.rng
    person, turn = (part.ravel() for part in np.indices((labelers, 2 * each)))
    elapsed = (turn % each) * 240 / 3600
    task = (person // 2) * 2 * each + turn
    crowd.task, crowd.labeler = task, person
    crowd.size = np.full(len(task), 2)
    crowd.completion = 2 * task[:, None] + np.arange(2)
    crowd.shown = np.tile(np.array([1, 2], np.int8), (len(task), 1))
    crowd.characters = rng.integers(100, 3000, 2 * (task.max() + 1))
    tied = rng.random(len(task)) < 0.1 + tired / 2 * elapsed
    guess = rng.random(len(task)) < 0.1 + tired * elapsed
    first = np.where(guess, rng.random(len(task)) < 0.5, task % 2 == 0)
    crowd.scores = np.column_stack([np.where(tied, 0, np.where(first, 0, 1)), np.where(tied, 0, np.where(first, 1, 0))])
    words = (crowd.characters // 5)[crowd.completion].sum(axis=1) + 20
    pace = rng.uniform(0.2, 0.4, labelers)[person] * np.exp(-tired * elapsed + rng.normal(0, 0.3, len(task)))
    crowd.columns = {
        "submitted": 10**6 * (1 + turn // each) + turn % each * 240 + rng.integers(0, 200, len(task)), "active": np.rint(words * pace).astype(int),
        "prompt_words": np.full(len(task), 20),
    }  # fmt: skip
    return crowd.table()


def test_hurry_over_the_hours():
    found = [fatigue(day(seed, 0.15)) for seed in SEEDS]
    assert covered([one.seconds_a_word.slope for one in found], np.expm1(-0.15)) >= 9
    assert covered([one.ties.slope for one in found], 0.075) >= 9
    assert sum(one.seconds_a_word.told.found.words is Found.QUICKER for one in found) == 10
    assert sum(one.ties.told.found.words is Found.TIES_RISE for one in found) >= 9
    assert sum(one.agreement.told.found.words is Found.AGREEMENT_FALLS for one in found) >= 9
    assert [rate.counts.units > 300 for rate in found[0].ties.hours] == [True] * 4


def test_nobody_gets_tired():
    found: list[Fatigue] = [fatigue(day(seed, 0.0)) for seed in SEEDS]
    for name in ("ties", "seconds_a_word", "agreement"):
        assert covered([getattr(one, name).slope for one in found], 0.0) >= 9, name


def test_one_of_twelve_hurries():
    for seed in SEEDS:
        table = day(seed, 0.0)
        active = np.where(table.given.labeler == 7, table.given.active // 10, table.given.active)
        object.__setattr__(table.given, "active", active)
        found = speed(Table(table.given, QUICK))
        assert [share.labeler for share in found.labelers if share.surely] == [7]
        assert found.told.found.words is Found.SPEEDING


def test_nobody_hurries():
    for seed in SEEDS:
        assert speed(day(seed, 0.0)).told.found.words is Found.NO_SPEEDING


def test_the_labeler_who_moves_it_most():
    for seed in SEEDS:
        crowd = Crowd(seed)
        crowd.scores = np.where((crowd.labeler == 3)[:, None], -crowd.length(), crowd.scores)
        left_out = weight(crowd.table()).left_out
        assert left_out.labeler == 3
        assert left_out.change.side_of(0.0) == -1
