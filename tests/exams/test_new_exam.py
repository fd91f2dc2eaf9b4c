"""What an exam's body may be, and what publishing needs: each refusal names field and rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.screening.domain.exam import CUTOFFS, exam_of
from apps.screening.domain.new_exam import clean_exam, refuse_unfinished
from tests.exams.make import exam_body, flag_item, rank_item, whole_body, write_item

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["items", "part", "id", "x"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({"x": 1}, "body"),
        (exam_body(title=""), "title"),
        (exam_body(topics="a"), "topics"),
        (exam_body(cutoffs={"flags": 2}), "cutoffs.flags"),
        (exam_body(cutoffs={"flags": float("nan")}), "cutoffs.flags"),
        (exam_body(cutoffs={"demonstrations": 0}), "cutoffs.demonstrations"),
        (exam_body(cutoffs={"flags": True}), "cutoffs.flags"),
        (exam_body(practice_rule={"last": 1, "right": 2}), "practice_rule.right"),
        (exam_body(flags=[{"name": "Not One"}]), "flags[0].name"),
        (exam_body(flags=[{"name": "a"}, {"name": "a"}]), "flags"),
        (exam_body(flag_item("a"), flag_item("a")), "items"),
        (exam_body(flag_item("topics")), "items[0].id"),
        (exam_body(flag_item("a", texts=[])), "items[0].texts"),
        (exam_body(flag_item("a", key={"other": "yes"})), "items[0].key"),
        (exam_body(flag_item("a", key={"sensitive": "perhaps"})), "items[0].key.sensitive"),
        (exam_body(rank_item("a", [1, 3])), "items[0].references[0].tiers"),
        (exam_body(rank_item("a", [1, 2]) | {"texts": ["one"]}), "items[0].texts"),
        (exam_body(write_item("a", practice=True)), "items[0].practice"),
        (exam_body(write_item("a", prompt=" ")), "items[0].prompt"),
    ],
)
def test_a_body_is_refused_by_field(body, field):
    with pytest.raises(RuleBroken) as caught:
        clean_exam(body)
    assert caught.value.field == field


def test_how_many_texts_an_item_has_is_said_in_words():
    with pytest.raises(RuleBroken, match="an item of flags has one text; this one has 0"):
        clean_exam(exam_body(flag_item("a", texts=[])))
    with pytest.raises(RuleBroken, match="an item of rankings has 2 to 9 texts; this one has 1"):
        clean_exam(exam_body(rank_item("a", [1, 2]) | {"texts": ["one"]}))


@given(JSON)
def test_no_json_is_anything_but_cleaned_or_refused(body):
    try:
        cleaned = clean_exam(body)
    except RuleBroken:
        return
    assert clean_exam(cleaned) == cleaned


def test_cleaning_twice_is_cleaning_once():
    cleaned = clean_exam(whole_body())
    assert clean_exam(cleaned) == cleaned
    assert cleaned["cutoffs"] == CUTOFFS


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (exam_body(), "at least one item"),
        (exam_body(flag_item("a", key={})), "no answer of yours for sensitive"),
        (exam_body(rank_item("a", [1, 2]) | {"references": []}), "no researcher ranked it yet"),
        (exam_body(flag_item("a", practice=True), flag_item("b")), "needs its explanation"),
        (exam_body(flag_item("a", practice=True, explanation="x"), flag_item("b")), "how many practice items"),
        (exam_body(flag_item("b"), practice_rule={"last": 2, "right": 1}), "2 different practice items"),
        (exam_body(flag_item("b", key={}), flags=[]), "no flag to ask for"),
    ],
)  # fmt: skip
def test_publishing_says_what_is_missing(body, sentence):
    with pytest.raises(RuleBroken, match=sentence):
        refuse_unfinished(exam_of(clean_exam(body)))


def test_a_whole_exam_is_ready():
    refuse_unfinished(exam_of(clean_exam(whole_body())))
