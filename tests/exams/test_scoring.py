"""The scores: worked examples, and what holds for any answers."""

import math
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.ranking import dense
from apps.screening.domain.exam import exam_of
from apps.screening.domain.new_exam import clean_exam
from apps.screening.domain.practice import next_item, standing
from apps.screening.domain.scoring import (
    PairCounts,
    Why,
    among_researchers,
    demonstration_score,
    flag_score,
    pair_counts,
    ranking_score,
)
from tests.exams.make import exam_body, flag_item

TIERS = st.integers(2, 9).flatmap(lambda k: st.lists(st.integers(1, k), min_size=k, max_size=k).map(dense))
TWO = st.integers(2, 9).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(1, k), min_size=k, max_size=k).map(dense)] * 2)
)
ANSWERS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["yes", "no"]), min_size=1)


def sign(tiers: list[int], i: int, j: int) -> int:
    return (tiers[i] > tiers[j]) - (tiers[i] < tiers[j])


@given(TWO)
def test_pairs_are_counted_one_by_one(two):
    """Beside the plainest possible count of every pair."""
    one, other = two
    signs = [(sign(one, i, j), sign(other, i, j)) for i, j in combinations(range(len(one)), 2)]
    found = pair_counts(one, [other])
    assert found.same == sum(a == b != 0 for a, b in signs)
    assert found.opposite == sum(a == -b != 0 for a, b in signs)
    assert found.both_tied == sum(a == b == 0 for a, b in signs)
    assert found.pairs == len(signs)
    score = ranking_score([found])
    assert math.isclose(score.with_ties.value, sum(a == b for a, b in signs) / len(signs))
    assert pair_counts(other, [one]) == found


@given(TIERS)
def test_a_ranking_agrees_with_itself_and_not_with_its_reverse(tiers):
    assert ranking_score([pair_counts(tiers, [tiers])]).with_ties.value == 1
    reverse = [max(tiers) + 1 - tier for tier in tiers]
    strict = ranking_score([pair_counts(tiers, [reverse])]).strict
    assert (strict.value, strict.why) == ((None, Why.NO_STRICT_PAIR) if max(tiers) == 1 else (0, None))


@given(st.lists(TWO, min_size=1, max_size=4), st.randoms())
def test_no_order_of_items_or_texts_changes_a_score(items, random):
    before = ranking_score([pair_counts(one, [other]) for one, other in items])
    moved = []
    for one, other in items:
        places = list(range(len(one)))
        random.shuffle(places)
        moved.append(pair_counts([one[p] for p in places], [[other[p] for p in places]]))
    random.shuffle(moved)
    assert ranking_score(moved) == before


def test_ties_are_an_answer_or_left_out():
    score = ranking_score([pair_counts([1, 1, 2], [[1, 2, 3], [1, 1, 2]])])
    assert (score.with_ties.value, score.with_ties.of) == (5 / 6, 6)
    assert (score.strict.value, score.strict.of) == (1.0, 4)


def test_researchers_among_themselves():
    score = among_researchers([[[1, 2], [2, 1], [1, 2]], [[1, 1]]])
    assert (score.with_ties.value, score.with_ties.of, score.with_ties.items) == (1 / 3, 3, 1)
    assert among_researchers([[[1, 2]]]).with_ties.why == Why.NOT_ASKED


def test_what_was_not_asked_seen_or_graded_has_a_reason():
    assert flag_score([]).why == Why.NOT_ASKED
    assert ranking_score([]).strict.why == Why.NOT_ASKED
    assert ranking_score([PairCounts(both_tied=3)]).with_ties.value == 1
    assert ranking_score([PairCounts(both_tied=3)]).strict.why == Why.NO_STRICT_PAIR
    assert demonstration_score([]).why == Why.NOT_ASKED
    assert demonstration_score([[], []]).why == Why.NOT_GRADED


@given(st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1))
def test_the_share_of_flags(said):
    score = flag_score(said)
    assert 0 <= score.value <= 1
    assert flag_score([(key, key) for key, _own in said]).value == 1
    assert score.of == sum(len(key) for key, _own in said)


@given(st.lists(st.lists(st.integers(1, 7), max_size=4), min_size=1))
def test_a_text_counts_once_however_many_graded_it(grades):
    score = demonstration_score(grades)
    graded = [one for one in grades if one]
    assert score.of == len(graded)
    assert score.out_of == len(grades)
    if graded:
        assert 1 <= score.value <= 7
        assert math.isclose(score.value, demonstration_score([one * 2 for one in grades]).value)


def practice(count: int, last: int, right: int):
    items = [flag_item(f"p{n}", practice=True, explanation="x") for n in range(count)]
    return exam_of(clean_exam(exam_body(*items, practice_rule={"last": last, "right": right})))


@given(st.lists(st.tuples(st.sampled_from(["p0", "p1", "p2", "p3"]), st.booleans()), max_size=12))
def test_the_pass_rule_counts_different_items_as_answered_last(tries):
    exam = practice(4, last=3, right=2)
    found = standing(exam, tries, visible=exam.practice)
    recent = list(dict.fromkeys(item for item, _right in reversed(tries)))[:3]
    latest = dict(tries)
    assert (found.counted, found.right) == (len(recent), sum(latest[item] for item in recent))
    assert found.passed == (len(recent) == 3 and found.right >= 2)


def test_practice_goes_on_with_what_is_new_then_what_was_wrong():
    exam = practice(3, last=3, right=3)
    at = lambda tries: next_item(exam, tries, visible=exam.practice).id  # noqa: E731
    assert at([]) == "p0"
    assert at([("p0", False)]) == "p1"
    assert at([("p0", False), ("p1", True), ("p2", True)]) == "p0"
    assert at([("p0", True), ("p1", True), ("p2", True)]) == "p0"
    assert next_item(exam, [], visible=()) is None


def test_where_fewer_items_are_seen_the_rule_counts_those():
    exam = practice(3, last=3, right=3)
    assert standing(exam, [("p0", True)], visible=exam.practice[:1]).passed
    assert standing(exam, [], visible=()).passed
