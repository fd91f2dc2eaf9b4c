"""One import line: what is accepted, and what every broken rule says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import dense, is_dense
from apps.imports.domain.line import TEXT_MAX, ImportLine, parse_line
from apps.imports.domain.ranks import clean_ranks

PAIR = [{"id": "1", "model": "a", "text": "x"}, {"id": "2", "model": "b", "text": "y"}]


def line(**keys) -> ImportLine:
    return parse_line({"prompt": "Hi?", **keys})


def broken(value) -> RuleBroken:
    with pytest.raises(RuleBroken) as caught:
        parse_line(value)
    assert caught.value.message.startswith(caught.value.field)
    return caught.value


def test_prompt_is_one_user_message():
    assert line().messages == [{"role": "user", "content": "Hi?"}]
    assert line().content_sha256 == parse_line({"messages": [{"role": "user", "content": "Hi?"}]}).content_sha256


def test_a_context_makes_another_prompt():
    assert line(context="Rules").content_sha256 != line().content_sha256


def test_everything_a_line_can_say():
    parsed = line(
        prompt_id="p", completions=PAIR, rankings=[{"labeler": "ann", "ranks": [2, 1], "kind": "pool"}],
        demonstration="Hello", demonstration_labeler="bob", use_case="chat", language="en", sensitive=True,
        source={"row": 1}, source_key="customer", metadata={"a": 1}, reference="r",
    )  # fmt: skip

    assert parsed.external_id == "p"
    assert [c.key[0] for c in parsed.completions] == ["a", "b"]
    assert (parsed.rankings[0].labeler, parsed.rankings[0].kind, parsed.rankings[0].tiers) == ("ann", "pool", (2, 1))
    assert (parsed.demonstration.labeler, parsed.demonstration.kind) == ("bob", None)
    assert (parsed.use_case, parsed.language, parsed.sensitive) == ("chat", "en", True)
    assert parsed.metadata == {"a": 1, "reference": "r"}


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"prompt": "{}"}, "prompt"),
        ({"messages": [{"role": "user", "content": "{}"}, {"role": "user", "content": "b"}]}, "messages[0].content"),
        ({"prompt": "Hi?", "context": "{}"}, "context"),
        ({"prompt": "Hi?", "demonstration": "{}"}, "demonstration"),
        ({"prompt": "Hi?", "completions": [PAIR[0], {"text": "{}"}]}, "completions[1].text"),
    ],
)
def test_a_text_has_as_many_characters_as_a_person_can_read(keys, field):
    def filled(text: str) -> dict:
        return json.loads(json.dumps(keys).replace("{}", text))

    parse_line(filled("ä" * TEXT_MAX))
    assert broken(filled("ä" * (TEXT_MAX + 1))).field == field
    assert broken(filled("ä" * (TEXT_MAX + 1))).code == "text_too_long"
    assert "at most 200000 characters; this one has 200001" in broken(filled("ä" * (TEXT_MAX + 1))).message


def test_a_demonstration_of_nobody_is_by_a_pool():
    assert (line(demonstration="x").demonstration.labeler, line(demonstration="x").demonstration.kind) == (
        "imported", "pool",
    )  # fmt: skip


def test_names_like_crowd_are_not_guessed_to_be_pools():
    parsed = line(completions=PAIR, rankings=[{"labeler": "some-crowd", "ranks": [1, 1]}])
    assert parsed.rankings[0].kind is None


def test_unknown_keys_of_completions_and_rankings_are_kept():
    parsed = line(completions=[{"text": "x", "score": 3}, {"text": "y"}], rankings=[])
    assert parsed.metadata == {"completions": [{"score": 3}, {}]}


def test_empty_texts_are_texts():
    assert [c.text for c in line(completions=[{"text": ""}, {"text": "", "model": "b"}]).completions] == ["", ""]


@pytest.mark.parametrize(("ranks", "tiers"), [([1, 2, 2, 4], [1, 2, 2, 3]), ([1, 2, 2, 3], [1, 2, 2, 3]), ([1, 1, 3, 3], [1, 1, 2, 2])])  # fmt: skip
def test_dense_and_competition_ranks_mean_the_same(ranks, tiers):
    completions = [{"text": str(n)} for n in range(4)]
    parsed = line(completions=completions, rankings=[{"labeler": "a", "ranks": ranks}])
    assert list(parsed.rankings[0].tiers) == tiers


@pytest.mark.parametrize(
    ("ranks", "code"),
    [
        ([1, 3], "rank_out_of_range"),
        ([0, 1], "rank_out_of_range"),
        ([-1, 1], "rank_out_of_range"),
        ([2, 2], "rank_gap"),
        ([1], "wrong_rank_count"),
        ([1, 2, 3], "wrong_rank_count"),
        ([1, 10**12], "rank_out_of_range"),
        ([True, 2], "rank_out_of_range"),
        ([1.0, 2], "rank_out_of_range"),
        (["1", "2"], "rank_out_of_range"),
        (None, "rule_broken"),
        ("12", "rule_broken"),
    ],
)
def test_ranks_that_are_none(ranks, code):
    problem = broken({"prompt": "Hi?", "completions": PAIR, "rankings": [{"labeler": "a", "ranks": ranks}]})
    assert problem.field == "rankings[0].ranks"
    assert problem.code == code


@pytest.mark.parametrize("ranks", [[1, 3, 3], [1, 1, 2, 4], [1, 2, 4, 4], [1, 1, 1, 3]])
def test_gaps(ranks):
    with pytest.raises(RuleBroken) as caught:
        clean_ranks(ranks, len(ranks), "ranks")
    assert caught.value.code == "rank_gap"


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9))
def test_every_weak_order_is_read_alike_in_both_styles(scores):
    tiers = dense(scores)
    competition = [1 + sum(other < score for other in scores) for score in scores]
    assert clean_ranks(tiers, len(tiers), "ranks") == tiers
    assert dense(clean_ranks(competition, len(competition), "ranks")) == tiers


@given(st.lists(st.integers(-2, 12), min_size=2, max_size=9))
def test_what_is_accepted_is_a_ranking(ranks):
    try:
        assert is_dense(dense(clean_ranks(ranks, len(ranks), "ranks")))
    except RuleBroken:
        assert not is_dense(ranks)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ([], "line"),
        ("text", "line"),
        (None, "line"),
        ({}, "messages"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": 3}, "prompt"),
        ({"prompt": "a", "messages": [{"role": "user", "content": "a"}]}, "prompt"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "messages"),
        ({"messages": [{"role": "bot", "content": "a"}]}, "messages[0].role"),
        ({"prompt": "a\x00b"}, "prompt"),
        ({"prompt": "a\ud800"}, "prompt"),
        ({"prompt": "a", "context": 1}, "context"),
        ({"prompt": "a", "prompt_id": 7}, "prompt_id"),
        ({"prompt": "a", "prompt_id": "x" * 201}, "prompt_id"),
        ({"prompt": "a", "prompt_id": ""}, "prompt_id"),
        ({"prompt": "a", "sensitive": "yes"}, "sensitive"),
        ({"prompt": "a", "use_case": "x" * 61}, "use_case"),
        ({"prompt": "a", "language": ["en"]}, "language"),
        ({"prompt": "a", "source": [1]}, "source"),
        ({"prompt": "a", "source": {"k": "a\x00"}}, "source.k"),
        ({"prompt": "a", "source": {"n": 10**20}}, "source.n"),
        ({"prompt": "a", "metadata": []}, "metadata"),
        ({"prompt": "a", "metadata": {"x": 1}, "x": 2}, "metadata"),
        ({"prompt": "a", "note": "\ud800"}, "metadata.note"),
        ({"prompt": "a", "note": float("nan")}, "metadata.note"),
        ({"prompt": "a", "source_key": 5}, "source_key"),
        ({"prompt": "a", "completions": {"text": "x"}}, "completions"),
        ({"prompt": "a", "completions": ["x"]}, "completions[0]"),
        ({"prompt": "a", "completions": [{"model": "m"}]}, "completions[0].text"),
        ({"prompt": "a", "completions": [{"text": "x", "model": 1}]}, "completions[0].model"),
        ({"prompt": "a", "completions": [{"text": "x", "id": 1}]}, "completions[0].id"),
        ({"prompt": "a", "completions": [{"text": "\x00"}]}, "completions[0].text"),
        ({"prompt": "a", "rankings": [{"labeler": "a", "ranks": []}]}, "rankings"),
        ({"prompt": "a", "completions": [{"text": "x"}], "rankings": [{"labeler": "a", "ranks": [1]}]}, "rankings"),
        ({"prompt": "a", "completions": PAIR, "rankings": [{"ranks": [1, 2]}]}, "rankings[0].labeler"),
        ({"prompt": "a", "completions": PAIR, "rankings": [{"labeler": "a", "ranks": [1, 2], "kind": "bot"}]}, "rankings[0].kind"),
        ({"prompt": "a", "completions": PAIR, "rankings": ["a"]}, "rankings[0]"),
        ({"prompt": "a", "demonstration": ""}, "demonstration"),
        ({"prompt": "a", "demonstration": ["x"]}, "demonstration"),
        ({"prompt": "a", "demonstration_labeler": "x"}, "demonstration_labeler"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(value, field):
    assert broken(value).field == field


def test_more_than_nine_completions():
    problem = broken({"prompt": "a", "completions": [{"text": str(n)} for n in range(10)]})
    assert problem.code == "too_many_completions"


def test_two_equal_completions():
    problem = broken({"prompt": "a", "completions": [{"model": "m", "text": "x"}, {"text": "x"}, {"model": "m", "text": "x"}]})  # fmt: skip
    assert problem.code == "equal_completions"
    assert "completions[0]" in problem.message


def test_one_labeler_twice():
    twice = [{"labeler": "a", "ranks": [1, 2]}, {"labeler": "a", "ranks": [1, 2]}]
    assert broken({"prompt": "a", "completions": PAIR, "rankings": twice}).code == "labeler_twice"


def test_bottomless_nesting():
    value: list = []
    for _ in range(100):
        value = [value]
    assert "levels deep" in broken({"prompt": "a", "deep": value}).message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(["prompt_id", "prompt", "messages", "context", "completions", "rankings", "demonstration",
                        "use_case", "source", "source_key", "metadata", "sensitive", "language", "other"])  # fmt: skip


@given(st.dictionaries(keys, json_values, max_size=6))
def test_anything_is_a_line_or_a_named_problem(value):
    """No other exception gets out, and what gets through can be stored."""
    try:
        parsed = parse_line(value)
    except RuleBroken as problem:
        assert problem.field
    else:
        assert "\\u0000" not in json.dumps([parsed.messages, parsed.metadata, parsed.source])
