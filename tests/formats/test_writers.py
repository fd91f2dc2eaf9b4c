"""Rankings in other trainers' formats."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.ranking import comparisons, dense
from apps.datasets.domain.hh import hh_rows
from apps.datasets.domain.kto import Overall, kto_rows
from apps.datasets.domain.openrlhf import openrlhf_rows
from apps.imports.domain.line import parse_line
from apps.imports.readers.hh import hh_rows as read_hh
from tests.datasets.test_records import ranking
from tests.formats.shapes import json_lines

TALK = [
    {"role": "system", "content": "Be brief."}, {"role": "user", "content": " Hi\n"},
    {"role": "assistant", "content": "Hello.\n\nWell?"}, {"role": "user", "content": "Human: is a word."},
]  # fmt: skip

FORMS = {1: Overall(1, 7), 2: Overall(0, 100), 3: Overall(1, 4), 4: Overall(1, 7, higher_is_better=False)}


def labels(record):
    return [(row["completion"][0]["content"], row["label"]) for row in kto_rows(record, forms=FORMS)]


def test_kto_takes_the_first_tier_against_the_last_and_nothing_between():
    assert labels(ranking([2, 1, 3, 2], ["b", "a", "d", "c"])) == [("a", True), ("d", False)]
    assert labels(ranking([1, 1, 2], ["a", "b", "c"])) == [("a", True), ("b", True), ("c", False)]
    assert labels(ranking([1, 1], ["a", "b"])) == []


def test_kto_prefers_what_was_said_of_the_text_itself():
    rated = replace(ranking([1, 2, 3], ["a", "b", "c"]), ratings=[{"overall": 3}, {"overall": 4}, {"overall": 1}])
    assert labels(rated) == [("a", False), ("c", False)]
    both_good = replace(ranking([1, 2], ["a", "b"]), ratings=[{"overall": 7}, {"overall": 5}])
    assert labels(both_good) == [("a", True), ("b", True)]


@pytest.mark.parametrize(
    ("form", "ratings", "expected"),
    [
        (2, (49, 50, 60), [("a", False), ("c", True)]),
        (3, (1, 2, 3), [("a", False), ("b", False), ("c", True)]),
        (4, (1, 4, 7), [("a", True), ("c", False)]),
        (5, (7, 7, 7), [("a", True), ("c", False)]),
        (None, (7, 7, 7), [("a", True), ("c", False)]),
    ],
    ids=["0 to 100", "no step is the middle", "more is worse", "a form without the scale", "no form"],
)
def test_kto_goes_by_the_scale_of_the_form(form, ratings, expected):
    rated = replace(ranking([1, 2, 3], ["a", "b", "c"]), schema=form, ratings=[{"overall": one} for one in ratings])
    assert labels(rated) == expected


@pytest.mark.parametrize("ratings", [[{"overall": 7}, {}], [{"flags": {}}, {"overall": 2}], [None, {"overall": 2}]])
def test_kto_asks_the_ranking_where_a_rating_is_missing(ratings):
    assert labels(replace(ranking([2, 1], ["a", "b"]), ratings=ratings)) == [("a", False), ("b", True)]


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.text(st.characters(exclude_categories=["Cs"]), max_size=30)),
        min_size=2,
        max_size=9,
    )
)
def test_hh_transcripts_come_back_as_the_pairs_that_they_were(items):
    """Whatever the texts: a pair that a transcript cannot tell is left out, and no other is changed."""
    record = ranking(dense([rank for rank, _ in items]), [text for _, text in items], messages=TALK)
    pairs = [(items[better][1], items[worse][1]) for better, worse in comparisons(record.tiers)]
    marked = ("\n\nHuman:", "\n\nAssistant:")
    told = [pair for pair in pairs if not any(mark in "".join(pair) for mark in marked)]

    written = list(hh_rows(record))
    found = list(read_hh(iter([json_lines(written)])))

    assert [(row.value["completions"][0]["text"], row.value["completions"][1]["text"]) for row in found] == told
    assert all(row.value["messages"] == TALK for row in found)


@pytest.mark.parametrize("text", ["a\n\nHuman: b", "\n\nAssistant: c"])
def test_hh_leaves_out_what_would_read_as_another_turn(text):
    assert list(hh_rows(ranking([1, 2], ["fine", text]))) == []
    assert list(hh_rows(ranking([1, 2], ["fine", "too"], messages=[{"role": "user", "content": text}]))) == []


def test_hh_leaves_out_a_system_message_that_would_read_as_a_turn():
    assert list(hh_rows(ranking([1, 2], context="Human: what the first visitor said"))) == []


def test_hh_is_an_import_line_of_ours():
    (row,) = read_hh(iter([json_lines(list(hh_rows(ranking([2, 1], ["worse", "better"], messages=TALK))))]))
    line = parse_line(row.value)
    assert line.messages == TALK
    assert [one.text for one in line.completions] == ["better", "worse"]


def test_openrlhf_rows():
    (row,) = openrlhf_rows(ranking([2, 1], ["worse", "better"], messages=TALK))
    assert row["prompt"] == TALK
    assert row["chosen"] == [{"role": "assistant", "content": "better"}]
    assert row["rejected"] == [{"role": "assistant", "content": "worse"}]
