"""One ranking out of several: planted labelers are told apart, and the rules that hold for any rankings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.adjudication.domain import consensus as told
from apps.adjudication.domain.consensus import consensus
from apps.adjudication.domain.plackett_luce import Part, Rankings, Stages, derivatives, heights, shares, strengths_of
from apps.adjudication.domain.reliability import (
    RELIABILITIES,
    RELIABILITY_LEAST,
    RELIABILITY_MOST,
    SPREAD,
    SPREADS,
    around_1,
    fit,
    foretold,
    without_own,
)
from apps.core.domain.ranking import dense, is_dense
from apps.quality.domain.outcomes import kinds, outcomes

RELIABLE, CARELESS, BLIND = 1.6, 0.5, 0.0


def planted(seed, tasks=400, k=4, reliabilities=(RELIABLE,) * 4 + (CARELESS,) * 2 + (BLIND,) * 2, each=4, ties=0.15):
    """Rankings drawn from the model, some neighbours called a tie, and the true order of each task."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, 1.5, (tasks, k))
    rows = []
    for task in range(tasks):
        for labeler in rng.choice(len(reliabilities), each, replace=False):
            noisy = reliabilities[labeler] * strengths[task] + rng.gumbel(size=k)
            order = np.argsort(-noisy)
            ranks = np.zeros(k, int)
            rank = 1
            for place, candidate in enumerate(order):
                rank += place > 0 and rng.random() > ties
                ranks[candidate] = rank
            rows.append((task, int(labeler), dense(ranks.tolist())))
    return rows, strengths


def columns(rows):
    tiers = np.zeros((len(rows), 9), np.int8)
    for at, (_, _, ranks) in enumerate(rows):
        tiers[at, : len(ranks)] = ranks
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows]), tiers


def right(tiers, strengths):
    """Of the pairs that are ordered, the share in the true order."""
    wide = np.zeros((len(tiers), 9), np.int8)
    wide[:, : strengths.shape[1]] = np.argsort(np.argsort(-strengths, axis=1), axis=1) + 1
    truth, said = outcomes(wide), outcomes(tiers)
    both = [
        np.concatenate(pair)
        for pair in ((said.better, truth.better), (said.worse, truth.worse), (said.pairs, truth.pairs))
    ]
    count = len(tiers)
    found = kinds(type(said)(*both), np.arange(count), np.arange(count) + count)
    return found.same.sum() / (found.same.sum() + found.opposite.sum())


@pytest.mark.parametrize("seed", range(5))
def test_planted_labelers_are_told_apart(seed):
    rows, strengths = planted(seed)
    found = consensus(*columns(rows))
    weight = found.weight
    assert weight[:4].min() > weight[4:6].max() > weight[6:].max(), weight
    assert weight[6:].max() < 0.35
    assert right(found.tiers, strengths) > 0.84


@pytest.mark.parametrize("seed", range(3))
def test_it_is_nearer_to_the_truth_than_any_one_labeler(seed):
    rows, strengths = planted(seed)
    found = consensus(*columns(rows))
    whole = right(found.tiers, strengths)
    for labeler in range(8):
        own = [row for row in rows if row[1] == labeler]
        alone = right(columns(own)[2], strengths[[row[0] for row in own]])
        assert whole > alone - 0.02, (labeler, whole, alone)


def test_reliability_says_how_often_the_order_is_right():
    """Lines that claim more are right more often, and about as often as they claim."""
    rows, strengths = planted(11, tasks=1500)
    found = consensus(*columns(rows))
    known = ~np.isnan(found.reliability)
    sure = known & (found.reliability >= np.nanmedian(found.reliability))
    unsure = known & ~sure
    for chosen in (sure, unsure):
        claimed = found.reliability[chosen].mean()
        assert abs(right(found.tiers[chosen], strengths[chosen]) - claimed) < 0.1
    assert right(found.tiers[sure], strengths[sure]) > right(found.tiers[unsure], strengths[unsure]) + 0.05


def test_it_comes_to_rest_where_the_likelihoods_are_highest():
    """Strengths under all rankings; reliabilities and the spread under strengths found without one's own ranking."""
    rows, _ = planted(3, tasks=100)
    task, labeler, tiers = columns(rows)
    part = Part.of(Rankings(task, labeler, tiers[:, :4]))
    fitted = fit([part], 8)
    assert len(fitted.moves) < 40
    weight = fitted.reliability[labeler]
    ours = shares(part.rows, weight, part.strengths, part.stages)
    gradient, _ = derivatives(part.rows, *ours, part.strengths, fitted.spread)
    assert np.abs(gradient).max() < 1e-4
    said = np.bincount(labeler)
    assert np.average(fitted.reliability, weights=said) == pytest.approx(1)
    slopes, bends = foretold(part, weight, without_own(part, fitted.reliability, fitted.spread))
    slope, bend = np.bincount(labeler, slopes), np.bincount(labeler, bends)
    prior = np.log(fitted.spread / SPREAD) / SPREADS**2
    assert (fitted.reliability * slope).sum() == pytest.approx(prior, abs=2e-3 * (fitted.reliability**2 * bend).sum())
    # All inside their bounds would gain or lose alike, so that none can gain at another's cost.
    gain = (slope - (fitted.reliability - 1) / RELIABILITIES**2) / said
    inside = (fitted.reliability > RELIABILITY_LEAST + 1e-6) & (fitted.reliability < RELIABILITY_MOST - 1e-6)
    assert np.ptp(gain[inside]) < 4e-3 * (bend / said).max()
    assert (gain[fitted.reliability <= RELIABILITY_LEAST + 1e-6] < gain[inside].mean() + 1e-3).all()


@pytest.mark.parametrize("each", [2, 3, 5])
def test_strengths_without_ones_own_are_those_of_the_others(each):
    rows, _ = planted(4, tasks=40, each=each)
    task, labeler, tiers = columns(rows)
    part = Part.of(Rankings(task, labeler, tiers[:, :4]))
    reliability = np.linspace(0.3, 1.7, 8)
    part.strengths = strengths_of(part.rows, reliability[labeler], part.strengths, part.stages, 0.7)
    found = without_own(part, reliability, 0.7)
    for one in range(len(task)):
        others = np.flatnonzero((task == task[one]) & (np.arange(len(task)) != one))
        rest = Rankings(np.zeros(len(others), int), labeler[others], tiers[others, :4])
        sought = strengths_of(rest, reliability[rest.labeler], np.zeros((1, 4)), Stages.of(rest.tiers), 0.7)
        assert found[one] == pytest.approx(sought[0], abs=0.1)


@pytest.mark.parametrize(("each", "tasks"), [(2, 600), (3, 600), (5, 300)])
@pytest.mark.parametrize("seed", range(2))
def test_alike_labelers_come_out_alike_where_they_agree_hardly_more_than_by_chance(seed, each, tasks):
    """Some 60 % of the pairs said alike. Judged by strengths that their own rankings draw, some would end at a bound."""
    rows, _ = planted(seed, tasks, reliabilities=(0.5,) * 10, each=each, ties=0)
    weight = consensus(*columns(rows)).weight
    assert weight.min() > 0.4, weight
    assert weight.max() < 1.8, weight


@pytest.mark.parametrize(("each", "tasks"), [(2, 1200), (3, 600), (5, 300)])
def test_random_and_reversed_labelers_are_told_where_agreement_is_low(each, tasks):
    rows, _ = planted(5, tasks, reliabilities=(0.7,) * 8 + (0.0, -0.7), each=each, ties=0)
    weight = consensus(*columns(rows)).weight
    assert weight[:8].min() > weight[8] + 0.1, weight
    assert weight[9] < 0.1


@pytest.mark.parametrize("tasks", [600, 3000])
def test_the_average_labeler_is_1_however_many_tasks_there_are(tasks):
    """Left to its priors the scale would drift with the number of tasks, and all would end at the same bound."""
    rows, _ = planted(7, tasks=tasks, reliabilities=(1.5,) * 4 + (0.5,) * 4, ties=0)
    task, labeler, tiers = columns(rows)
    fitted = fit([Part.of(Rankings(task, labeler, tiers[:, :4]))], 8)
    assert fitted.reliability[:4] == pytest.approx([1.5] * 4, abs=0.35)
    assert fitted.reliability[4:] == pytest.approx([0.5] * 4, abs=0.35)
    assert len(fitted.moves) < 40


@given(st.lists(st.tuples(st.floats(-5, 9), st.integers(0, 9), st.floats(0.01, 5)), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_reliabilities_move_together_until_their_mean_is_1(given_rows):
    wanted, said, bend = (np.array(column, float) for column in zip(*given_rows, strict=True))
    found = around_1(wanted, said, said / bend)
    heard = said > 0
    if heard.any():
        assert np.average(found, weights=said) == pytest.approx(1, abs=1e-6)
        inside = heard & (found > RELIABILITY_LEAST) & (found < RELIABILITY_MOST)
        moved = ((wanted - found) * bend / np.maximum(said, 1))[inside]
        assert moved == pytest.approx(np.full(len(moved), moved.mean() if len(moved) else 0.0), abs=1e-5)


@pytest.mark.parametrize("block", [1, 7, 500])
def test_rankings_come_in_blocks_of_any_size(block, monkeypatch):
    """Several sizes, tasks that one alone ranked, one task longer than a block: the same ranking, and as sure."""
    rows = [*planted(1, tasks=60, k=3)[0]]
    for first, each, k in ((60, 1, 3), (90, 3, 5), (120, 8, 4)):
        rows += [(first + task, labeler, tiers) for task, labeler, tiers in planted(first, 30, k, each=each)[0]]
    whole = consensus(*columns(rows))
    monkeypatch.setattr(told, "BLOCK", block)
    found = consensus(*columns(rows))
    np.testing.assert_array_equal(found.tiers, whole.tiers)
    np.testing.assert_allclose(found.reliability, whole.reliability, atol=1e-4)
    np.testing.assert_allclose(found.weight, whole.weight, atol=1e-6)


def test_the_gradient_is_that_of_the_likelihood():
    rows, _ = planted(5, tasks=3)
    task, labeler, tiers = columns(rows)
    part = Part.of(Rankings(task, labeler, tiers[:, :4]))
    reliability = np.linspace(0.2, 2, 8)
    part.strengths = np.random.default_rng(1).normal(size=part.strengths.shape)
    weight = reliability[labeler]
    gradient, _ = derivatives(
        part.rows, *shares(part.rows, weight, part.strengths, part.stages), part.strengths, SPREAD
    )
    for at in np.ndindex(*part.strengths.shape):
        found = []
        for step in (1e-5, -1e-5):
            part.strengths[at] += step
            found.append(heights(part.rows, weight, part.strengths, part.stages, SPREAD).sum())
            part.strengths[at] -= step
        assert gradient[at] == pytest.approx((found[0] - found[1]) / 2e-5, abs=1e-5)


def test_two_candidates_by_hand():
    """Both say A over B with reliability 1: the maximum of 2 log s(d) - d^2 / (4 * 1.5^2), d the difference."""
    rows = Rankings(np.array([0, 0]), np.array([0, 1]), np.array([[1, 2], [1, 2]], np.int8))
    found = strengths_of(rows, np.ones(2), np.zeros((1, 2)), Stages.of(rows.tiers), 1.5)
    d = np.linspace(0, 6, 600_001)
    best = d[np.argmax(-2 * np.log1p(np.exp(-d)) - d**2 / (4 * 1.5**2))]
    assert found[0, 0] - found[0, 1] == pytest.approx(best, abs=1e-4)


@st.composite
def rankings(draw):
    found = []
    for task in range(draw(st.integers(1, 5))):
        k = draw(st.integers(2, 9))
        for labeler in sorted(draw(st.sets(st.integers(0, 4), min_size=1))):
            found.append((task, labeler, dense(draw(st.lists(st.integers(1, k), min_size=k, max_size=k)))))
    return found


@given(rankings(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_listing_cannot_matter(rows, random):
    """Neither that of the judgments, nor that of the candidates."""
    first = consensus(*columns(rows))
    turned = {task: random.sample(range(len(tiers)), len(tiers)) for task, _, tiers in rows}
    shuffled = [(task, labeler, [tiers[place] for place in turned[task]]) for task, labeler, tiers in rows]
    random.shuffle(shuffled)
    second = consensus(*columns(shuffled))
    for task, places in turned.items():
        assert [first.tiers[task][place] for place in places] == second.tiers[task][: len(places)].tolist()
    np.testing.assert_allclose(first.reliability, second.reliability, atol=1e-3)


@given(rankings())
@settings(max_examples=60, deadline=None)
def test_tiers_are_dense_and_alone_or_unanimous_is_what_was_said(rows):
    found = consensus(*columns(rows))
    for task in {row[0] for row in rows}:
        said = [tiers for number, _, tiers in rows if number == task]
        own = found.tiers[task][: len(said[0])].tolist()
        assert is_dense(own)
        if all(tiers == said[0] for tiers in said):
            assert own == said[0]


def test_whoever_ranked_a_task_alone_is_heard_however_careless_elsewhere():
    """One labeler is the reverse of two others all along, and alone in the last task."""
    rows = [(task, labeler, [3, 2, 1] if labeler == 2 else [1, 2, 3]) for task in range(30) for labeler in range(3)]
    found = consensus(*columns([*rows, (30, 2, [2, 1, 3])]))
    assert found.weight[2] < 0.1
    assert found.tiers[30][:3].tolist() == [2, 1, 3]


def test_reversed_rankings_tie_and_a_third_decides():
    torn = consensus(*columns([(0, 0, [1, 2, 3]), (0, 1, [3, 2, 1])]))
    assert torn.tiers[0][:3].tolist() == [1, 1, 1]
    assert np.isnan(torn.reliability[0])
    decided = consensus(*columns([(0, 0, [1, 2, 3]), (0, 1, [3, 2, 1]), (0, 2, [1, 2, 3])]))
    assert decided.tiers[0][:3].tolist() == [1, 2, 3]


def test_a_tie_that_most_say_is_a_tie():
    found = consensus(*columns([(0, 0, [1, 1, 2]), (0, 1, [1, 1, 2]), (0, 2, [1, 2, 3])]))
    assert found.tiers[0][:3].tolist() == [1, 1, 2]


def test_agreeing_judgments_make_it_surer():
    rows = [(task, labeler, [1, 2, 3]) for task in range(4) for labeler in range(task + 1)]
    found = consensus(*columns(rows))
    assert (np.diff(found.reliability) > 0).all()
