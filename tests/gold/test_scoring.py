"""Keys, scores, standings and doubts: pure rules, by hand and on anything."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import dense
from apps.gold.domain.consistency import EVERYBODY, Retest, consistency_by
from apps.gold.domain.key import Pair, key_of, may_miss_checked, pairs_of_tiers
from apps.gold.domain.scoring import Score, score
from apps.gold.domain.standing import Answer, Doubt, doubts_of, standing_of, wilson
from apps.gold.domain.weeks import standing_by_week

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RANKINGS = st.lists(st.integers(1, 9), min_size=2, max_size=9).map(dense)


@st.composite
def keys(draw: st.DrawFn) -> tuple[int, list[Pair]]:
    """Pairs that agree with some strict order, so that they are never a circle."""
    size = draw(st.integers(2, 9))
    order = draw(st.permutations(range(size)))
    above = [(order[one], order[other]) for one in range(size) for other in range(one + 1, size)]
    chosen = draw(st.lists(st.sampled_from(above), min_size=1, max_size=12))
    return size, [Pair(better, worse, draw(st.booleans())) for better, worse in chosen]


def test_what_follows_from_the_pairs_belongs_to_the_key():
    assert key_of([Pair(0, 1), Pair(1, 2)], 3) == [Pair(0, 1), Pair(0, 2), Pair(1, 2)]
    loose = key_of([Pair(0, 1, may_tie=True), Pair(1, 2, may_tie=True), Pair(2, 3)], 4)
    assert Pair(0, 2, may_tie=True) in loose
    assert Pair(0, 3) in loose  # strict, because the last step is
    assert key_of([Pair(0, 1, may_tie=True), Pair(0, 1)], 2) == [Pair(0, 1)]


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([Pair(0, 1), Pair(1, 2), Pair(2, 0)], "circle"),
        ([Pair(0, 1, may_tie=True), Pair(1, 0, may_tie=True)], "circle"),
        ([Pair(0, 0)], "two different"),
        ([Pair(0, 3)], "two different"),
        ([], "at least one"),
    ],
)
def test_what_is_no_order_is_refused(pairs: list[Pair], sentence: str):
    with pytest.raises(RuleBroken, match=sentence):
        key_of(pairs, 3)


def test_an_order_by_places():
    assert key_of(pairs_of_tiers([1, 2, None, 2]), 4) == [Pair(0, 1), Pair(0, 3)]
    assert key_of(pairs_of_tiers([1, 5, 9], neighbours_may_tie=True), 3) == [
        Pair(0, 1, may_tie=True), Pair(0, 2), Pair(1, 2, may_tie=True),
    ]  # fmt: skip
    assert pairs_of_tiers([None, None]) == []


def test_a_tie_is_missed_unless_it_may_be():
    key = [Pair(0, 1), Pair(0, 2, may_tie=True), Pair(1, 2)]
    assert score([1, 1, 1], key) == Score(right=1, tied=2, reversed=0)
    assert score([3, 2, 1], key) == Score(right=0, tied=0, reversed=3)
    assert score([1, 2, 3], key).share == 1
    assert not score([1, 3, 2], key).passed
    assert score([1, 3, 2], key, may_miss=1).passed


@pytest.mark.parametrize("may_miss", [-1, 1, 5])
def test_a_tolerance_lets_not_everything_pass(may_miss: int):
    with pytest.raises(RuleBroken, match="may_miss"):
        may_miss_checked(may_miss, [Pair(0, 1)])


@given(keys())
def test_a_key_is_closed_and_without_circles(made: tuple[int, list[Pair]]):
    size, pairs = made
    key = key_of(pairs, size)
    assert key_of(key, size) == key
    above = {(one.better, one.worse) for one in key}
    assert all((worse, better) not in above for better, worse in above)
    assert {(one, three) for one, two in above for again, three in above if two == again} <= above


@given(keys(), st.data())
def test_who_keeps_the_given_pairs_keeps_all_that_follows(made: tuple[int, list[Pair]], data: st.DataObject):
    """So nothing is demanded that was not said."""
    size, pairs = made
    tiers = dense(data.draw(st.lists(st.integers(1, size), min_size=size, max_size=size)))
    given_, closed = score(tiers, pairs), score(tiers, key_of(pairs, size))
    assert (given_.missed == 0) == (closed.missed == 0)


@given(RANKINGS)
def test_a_ranking_passes_its_own_key_and_its_reverse_keeps_nothing(tiers: list[int]):
    pairs = pairs_of_tiers(tiers)
    if not pairs:
        return
    assert key_of(pairs, len(tiers)) == sorted(pairs)
    assert score(tiers, pairs).share == 1
    turned = dense([-tier for tier in tiers])
    assert (score(turned, pairs).share, score(turned, pairs).reversed) == (0, len(pairs))
    tied = score([1] * len(tiers), pairs)
    assert (tied.right, tied.tied) == (0, len(pairs))


@given(keys(), st.data())
def test_a_score_counts_each_pair_once_however_the_outputs_are_numbered(
    made: tuple[int, list[Pair]], data: st.DataObject
):
    size, pairs = made
    key = key_of(pairs, size)
    tiers = dense(data.draw(st.lists(st.integers(1, size), min_size=size, max_size=size)))
    found = score(tiers, key)
    assert found.pairs == len(key)
    moved = data.draw(st.permutations(range(size)))
    again = score(
        [tiers[moved.index(place)] for place in range(size)],
        [Pair(moved[one.better], moved[one.worse], one.may_tie) for one in key],
    )
    assert again == found


@given(st.integers(1, 400), st.data())
def test_the_interval_is_wilsons(items: int, data: st.DataObject):
    passed = data.draw(st.integers(0, items))
    expected = binomtest(passed, items).proportion_ci(0.95, method="wilson")
    assert wilson(passed, items) == pytest.approx((expected.low, expected.high), abs=1e-9)
    low, high = wilson(passed, items)
    assert 0 <= low <= passed / items <= high <= 1


def test_a_standing_below_the_line_and_surely_below_it():
    passed, failed = Score(3, 0, 0), Score(1, 1, 1)
    assert standing_of([]) is None
    some = standing_of([passed] * 2 + [failed] * 2)
    assert (some.share, some.pair_share, some.tied) == (0.5, 8 / 12, 2)
    assert some.is_below(0.75)
    assert not some.is_surely_below(0.75)
    assert standing_of([passed] * 20 + [failed] * 20).is_surely_below(0.75)
    assert not standing_of([passed] * 3).is_below(0.75)


def answers(failing: dict[int, set[int]], labelers: int, items: int) -> list[Answer]:
    return [
        Answer(item, labeler, labeler not in failing.get(item, set()))
        for item in range(items) for labeler in range(labelers)
    ]  # fmt: skip


def test_an_item_that_good_labelers_fail_is_in_doubt():
    found = doubts_of(answers({0: {0, 1, 2}}, labelers=4, items=6), 0.75)
    assert found[0] == Doubt(good=4, good_failed=3)
    assert found[0].is_proposed
    assert not any(found[item].is_proposed for item in range(1, 6))


def test_one_who_fails_everything_puts_nothing_in_doubt():
    found = doubts_of(answers({item: {0} for item in range(6)}, labelers=4, items=6), 0.75)
    assert {one.good for one in found.values()} == {3}
    assert not any(one.is_proposed for one in found.values())


def test_a_few_answers_or_few_others_put_nothing_in_doubt():
    assert not doubts_of(answers({0: {0, 1}}, labelers=2, items=6), 0.75)[0].is_proposed
    assert doubts_of(answers({0: {0, 1, 2, 3}}, labelers=4, items=4), 0.75)[0] == Doubt()


def test_weeks_begin_on_monday():
    score_ = Score(1, 0, 0)
    monday, sunday = datetime(2026, 11, 16, 0, tzinfo=UTC), datetime(2026, 11, 15, 23, 59, tzinfo=UTC)
    found = standing_by_week([(NOW, score_), (sunday, score_), (monday, score_)])
    assert [(str(week), one.items) for week, one in found] == [("2026-11-09", 1), ("2026-11-16", 2)]


def retest(first: list[int], again: list[int], prompt: int = 1, labeler: int = 1) -> Retest:
    return Retest(labeler, prompt, prompt, first, again, NOW)


def test_consistency_by_hand():
    """Of 6 pairs, 3 are said alike; of the 3 without a tie in either, 2."""
    found = consistency_by([retest([1, 2, 3], [1, 2, 3]), retest([1, 2, 2], [2, 1, 1], prompt=2)], [EVERYBODY] * 2)
    one = found[EVERYBODY]
    assert one.retests == 2
    assert one.agreement.value == pytest.approx(4 / 6)  # three strict alike, and the tie; two reversed
    assert one.agreement_without_ties.value == pytest.approx(3 / 5)
    assert one.tau_b.value == pytest.approx(0)  # 1 and -1
    assert one.agreement.interval is not None


def test_the_same_task_repeated_to_two_people_is_two_retests():
    both = [retest([1, 2], [1, 2], labeler=1), retest([1, 2], [2, 1], labeler=2)]
    found = consistency_by(both, [one.labeler for one in both])
    assert {labeler: one.agreement.value for labeler, one in found.items()} == {1: 1, 2: 0}
    assert found[1].agreement.why_no_interval is not None  # one prompt
    assert consistency_by(both, [EVERYBODY] * 2)[EVERYBODY].agreement.value == 0.5


@given(st.lists(st.integers(2, 5).flatmap(lambda k: st.permutations(range(1, k + 1))), min_size=1, max_size=6))
def test_who_repeats_themselves_is_wholly_consistent(rankings: list[list[int]]):
    same = [retest(list(one), list(one), prompt=place) for place, one in enumerate(rankings)]
    found = consistency_by(same, [EVERYBODY] * len(same), None)[EVERYBODY]
    assert (found.agreement.value, found.agreement_without_ties.value, found.tau_b.value) == (1, 1, 1)
    turned = [retest(list(one), [len(one) + 1 - tier for tier in one], prompt=at) for at, one in enumerate(rankings)]
    opposed = consistency_by(turned, [EVERYBODY] * len(turned), None)[EVERYBODY]
    assert (opposed.agreement.value, opposed.tau_b.value) == (0, -1)


def test_nothing_is_no_number():
    assert consistency_by([], []) == {}
    ties = consistency_by([retest([1, 1], [1, 1])], [EVERYBODY])[EVERYBODY]
    assert ties.agreement.value == 1
    assert (ties.tau_b.value, ties.agreement_without_ties.value) == (None, None)
