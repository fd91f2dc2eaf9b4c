"""What a labeler sends, by property: any dense ranking is accepted as it is, anything else is refused by name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import DomainError, RuleBroken
from apps.core.domain.ranking import dense, is_dense
from apps.labeling.domain.letters import letters_of
from apps.labeling.domain.submission import Submission, parse_submission
from apps.projects.domain.judgment_schema import clean_rating, parse_schema
from apps.projects.domain.seed_schema import SEED_SCHEMA

SCHEMA = parse_schema(SEED_SCHEMA)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*"ABCDEZ", "flags", "note"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def parse(body: Any, order: list[int], kind: str = "rank") -> Submission:
    return parse_submission(kind, body, order=order, schema=SCHEMA)


@st.composite
def rankings(draw) -> tuple[list[int], dict[str, int]]:
    order = draw(st.integers(2, 9).flatmap(lambda k: st.permutations(range(k))))
    tiers = dense(draw(st.lists(st.integers(1, 9), min_size=len(order), max_size=len(order))))
    return list(order), dict(zip(letters_of(order), tiers, strict=True))


@given(rankings())
def test_a_dense_ranking_is_stored_by_position(ranking):
    order, tiers = ranking
    stored = parse({"tiers": tiers}, order).tiers

    assert stored is not None
    assert {letter: stored[position] for letter, position in zip(letters_of(order), order, strict=True)} == tiers


@given(rankings(), st.data())
def test_a_missing_candidate_is_named(ranking, data):
    order, tiers = ranking
    gone = data.draw(st.sampled_from(sorted(tiers)))
    del tiers[gone]

    with pytest.raises(RuleBroken) as error:
        parse({"tiers": tiers}, order)
    assert error.value.code == "missing_candidate"


@given(st.permutations(range(4)), st.lists(st.integers(1, 4), min_size=4, max_size=4).filter(lambda t: not is_dense(t)))
def test_a_gap_is_refused_not_repaired(order, tiers):
    with pytest.raises(RuleBroken) as error:
        parse({"tiers": dict(zip("ABCD", tiers, strict=True))}, list(order))
    assert error.value.code == "tiers_not_dense"


@given(junk, st.sampled_from(["rank", "rate", "demonstrate"]))
def test_junk_is_an_answer_or_a_named_rule_never_a_crash(body, kind):
    try:
        parse(body, [1, 0] if kind != "demonstrate" else [], kind)
    except DomainError as error:
        assert error.message


@given(junk)
def test_junk_parts_are_named(value):
    for part in ("tiers", "ratings", "prompt_flags", "note", "use_case", "rendering"):
        body = {"tiers": {"A": 1, "B": 2}} | {part: value}
        try:
            parse(body, [0, 1])
        except RuleBroken as error:
            assert error.field.startswith(part)


def test_what_says_the_same_hashes_the_same():
    plain = parse({"tiers": {"A": 1, "B": 2}}, [1, 0])
    noisy = parse({"tiers": {"B": 2, "A": 1}, "note": " ", "ratings": {"A": {"note": ""}}, "rendering": ""}, [1, 0])

    assert plain.sha256 == noisy.sha256
    assert plain.sha256 != parse({"tiers": {"A": 2, "B": 1}}, [1, 0]).sha256


def test_a_required_field_needs_an_answer():
    schema = parse_schema({"fields": [{"name": "overall", "kind": "scale", "subject": "completion", "required": True}]})

    assert clean_rating(schema, "A", {"overall": 7}) == {"overall": 7}
    with pytest.raises(RuleBroken, match=r"ratings\.A\.overall needs an answer"):
        clean_rating(schema, "A", {})


def test_the_seeded_schema_is_instructgpts():
    """Tables 3 and 7 of arXiv 2203.02155: one scale and eleven flags a candidate, nine flags a prompt."""
    assert [field.name for field in SCHEMA.scales] == ["overall"]
    assert (len(SCHEMA.flags), len(SCHEMA.prompt_flags)) == (11, 9)
    assert {field.name for field in SCHEMA.flags if field.na} == {"hallucination", "satisfies_constraint"}
    assert [field.name for field in SCHEMA.flags if field.polarity == "good"] == ["satisfies_constraint"]
    assert all(field.help for field in SCHEMA.fields)


@pytest.mark.parametrize(
    "field",
    [
        {"name": "a", "kind": "star", "subject": "prompt"},
        {"name": "a b", "kind": "flag", "subject": "prompt"},
        {"name": "a", "kind": "flag", "subject": "people"},
        {"name": "a", "kind": "flag", "subject": "prompt", "polarity": "up"},
    ],
)
def test_a_schema_with_a_broken_rule(field):
    with pytest.raises(RuleBroken):
        parse_schema({"fields": [field]})
