"""Against plain loops, published values and other people's code."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from apps.quality.domain.bias.columns import Rankings, places, rankings
from apps.quality.domain.bias.estimate import Method
from apps.quality.domain.bias.flips import slope_of
from apps.quality.domain.bias.intervals import over_labelers, over_prompts, ratio, student, wilson
from apps.quality.domain.bias.length import length
from apps.quality.domain.bias.others import with_others
from apps.quality.domain.bias.pairs import Table, preferred, rule
from apps.quality.domain.bias.weight import weight
from apps.quality.domain.section import section
from apps.quality.domain.table import judgments
from apps.quality.domain.tally import tally

from .make import QUICK, Crowd, features


def plain(given: Rankings) -> tuple[float, float, float, float]:
    """Won halves of the longer, of how many; right of the length rule, of how many."""
    won = pairs = right = untied = 0.0
    for tiers, rows in zip(given.tiers, given.completion, strict=True):
        for one, other in combinations(np.flatnonzero(tiers), 2):
            longer = np.sign(given.features.characters[rows[one]] - given.features.characters[rows[other]])
            said = np.sign(tiers[other] - tiers[one])
            won += (1 + longer * said) / 2 if longer else 0
            pairs += longer != 0
            right += (1 + longer * said) / 2 if said else 0
            untied += said != 0
    return won, pairs, right, untied


def test_rates_of_pairs_are_those_of_loops():
    crowd = Crowd(5, tasks=60)
    crowd.characters = crowd.characters // 10
    table = crowd.table()
    won, pairs, right, untied = plain(table.given)
    longer, ruled = preferred(table, table.longer), rule(table, table.longer)
    assert (longer.above.sum() / 2, longer.below.sum() / 2) == (won, pairs)
    assert (ruled.above.sum() / 2, ruled.below.sum() / 2) == (right, untied)


def test_agreement_is_that_of_the_agreement_statistics():
    crowd = Crowd(6)
    crowd.labeler = np.where(crowd.rng.random(len(crowd.task)) < 0.2, crowd.labeler + 12, crowd.labeler)
    given = crowd.given()
    other = section(tally(judgments(task=given.task, prompt=given.prompt, labeler=given.labeler, tiers=given.tiers)))
    found = with_others(Table(given, QUICK))
    assert found.strict.above.sum() / found.strict.below.sum() == pytest.approx(other.agreement_without_ties.value)
    assert found.all.above.sum() / found.all.below.sum() == pytest.approx(other.agreement.value)
    assert length(Table(given, QUICK)).agreement.value == pytest.approx(other.agreement_without_ties.value)


@pytest.mark.parametrize(
    ("some", "number", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(some: int, number: int, low: float, high: float):
    """R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3."""
    interval = wilson(some, number)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize("freedom", [2, 3, 5, 9, 40])
def test_student(freedom: int):
    assert student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.01)


@pytest.mark.parametrize(("clusters", "high"), [(300, 4), (300, 60), (9000, 40)])
def test_bootstraps_are_as_wide_as_a_ratio_spreads(clusters: int, high: int):
    """Few kinds, many, and so many clusters that they are dealt into groups: beside the linearised ratio."""
    rng = np.random.default_rng(clusters + high)
    below = rng.integers(1, high, clusters)
    sums = np.column_stack([rng.binomial(below, rng.beta(2, 3, clusters)), below])
    value = sums[:, 0].sum() / below.sum()
    half = 1.96 * math.sqrt(((sums[:, 0] - value * below) ** 2).sum()) / below.sum()
    interval = over_prompts(sums, ratio)
    assert interval is not None
    assert (interval.high - interval.low) / (2 * half) == pytest.approx(1, abs=0.1)
    assert (interval.high + interval.low) / 2 == pytest.approx(value, abs=half / 4)


@pytest.mark.parametrize("labelers", [6, 9])
def test_flips_are_all_signs(labelers: int):
    """The interval ends where the share of signs that go as far falls to one in twenty."""
    rng = np.random.default_rng(labelers)
    xx = rng.uniform(1, 3, labelers)
    xy = 0.2 * xx + rng.normal(0, 0.3, labelers)

    def p(slope: float) -> float:
        scores = xy - slope * xx
        signs = 1 - 2 * ((np.arange(1 << labelers)[:, None] >> np.arange(labelers)) & 1)
        return float((np.abs(signs @ scores) >= abs(scores.sum()) - 1e-9).mean())

    slope, interval, at_zero = slope_of(xy, xx)
    assert interval is not None
    assert slope == pytest.approx(xy.sum() / xx.sum())
    assert at_zero == pytest.approx(p(0.0))
    for end, outside in ((interval.low, -1e-6), (interval.high, 1e-6)):
        assert p(end + outside) <= 0.05 < p(end - outside)


def test_five_labelers_cannot_be_refused_a_slope():
    assert slope_of(np.ones(5), np.ones(5))[1:] == (None, None)


def test_labelers_who_are_all_alike():
    interval = over_labelers([0, 0, 0, 0], [5, 3, 8, 2])
    assert interval is not None
    assert interval.method is Method.SAME_EVERYWHERE
    assert 0.4 < interval.high < 0.6


def test_weight_by_hand():
    """Three labelers with 6, 3 and 1 of ten pairs: 1 / (0.36 + 0.09 + 0.01)."""
    tiers = [[1, 2, 3, 4], [1, 2, 2, 0], [2, 1, 0, 0]]
    completion = np.where(np.array(tiers) > 0, np.arange(12).reshape(3, 4), -1)
    given = rankings(task=[0, 1, 2], prompt=[0, 1, 2], labeler=[30, 20, 10], tiers=tiers,
                     completion=completion, features=features(range(10, 22)))  # fmt: skip
    found = weight(Table(given))
    assert [(one.labeler, one.comparisons) for one in found.top] == [(30, 0.6), (20, 0.3), (10, 0.1)]
    assert found.effective == pytest.approx(1 / 0.46)


def test_places_of_a_shown_order():
    """Shown: position 2 first, then 0, then 1."""
    assert places([[2, 0, 1, -1], [1, 0, -1, -1]]).tolist() == [[2, 3, 1, 0], [2, 1, 0, 0]]
