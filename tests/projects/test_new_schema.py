"""A new schema is checked strictly, by field; what is stored already is still read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.projects.domain.judgment_schema import clean_rating, parse_schema
from apps.projects.domain.new_schema import FIELDS_MAX, body_of_schema, clean_schema
from apps.projects.domain.presets import PRESETS
from apps.projects.domain.schema_changes import Change, changes_between
from apps.projects.domain.seed_schema import SEED_SCHEMA

SCALE = {"name": "overall", "kind": "scale", "subject": "completion", "label": "Overall"}
FLAG = {"name": "odd", "kind": "flag", "subject": "completion", "label": "Odd"}


def body(*fields: Any, **parts: Any) -> dict[str, Any]:
    return {"fields": list(fields)} | ({"parts": parts} if parts else {})


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_may_be_published_and_says_something_else(name):
    cleaned = clean_schema(PRESETS[name])
    assert cleaned == clean_schema(cleaned)
    others = [clean_schema(PRESETS[other]) for other in PRESETS if other != name]
    assert cleaned not in others


def test_what_is_stored_means_the_same_in_full():
    assert parse_schema(clean_schema(SEED_SCHEMA)) == parse_schema(SEED_SCHEMA)
    assert body_of_schema(parse_schema(SEED_SCHEMA)) == clean_schema(SEED_SCHEMA)


def test_a_lenient_stored_body_is_still_read():
    old = {"fields": [{"name": "x", "kind": "scale", "subject": "completion", "min": "1", "max": "50", "more": 1}]}
    assert parse_schema(old).scales[0].high == 50
    with pytest.raises(RuleBroken):
        clean_schema(old)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "body"),
        ([], "body"),
        ({}, "fields"),
        ({"fields": {}}, "fields"),
        (body(), "fields"),
        (body(*[SCALE | {"name": f"x{n}"} for n in range(FIELDS_MAX + 1)]), "fields"),
        ({"fields": [SCALE], "colour": 1}, "colour"),
        (body({**FLAG, "subject": "prompt"}), "fields"),
        (body("overall"), "fields[0]"),
        (body(SCALE | {"colour": "red"}), "fields[0].colour"),
        (body(SCALE | {"kind": "slider"}), "fields[0].kind"),
        (body(SCALE | {"kind": None}), "fields[0].kind"),
        (body(SCALE | {"subject": "prompt"}), "fields[0].subject"),
        (body(SCALE | {"polarity": "odd"}), "fields[0].polarity"),
        (body(SCALE | {"name": "Overall"}), "fields[0].name"),
        (body(SCALE | {"name": "a-b"}), "fields[0].name"),
        (body(SCALE | {"name": "a" * 61}), "fields[0].name"),
        (body(SCALE | {"name": "note"}), "fields[0].name"),
        (body(SCALE | {"name": "flags"}), "fields[0].name"),
        (body(SCALE | {"name": 7}), "fields[0].name"),
        (body(SCALE, SCALE), "fields[1].name"),
        (body(SCALE | {"label": " "}), "fields[0].label"),
        (body(SCALE | {"label": "x" * 81}), "fields[0].label"),
        (body(SCALE | {"label": ["x"]}), "fields[0].label"),
        (body(SCALE | {"help": "x" * 401}), "fields[0].help"),
        (body(SCALE | {"help": None}), "fields[0].help"),
        (body(SCALE | {"required": "yes"}), "fields[0].required"),
        (body(SCALE | {"na": True}), "fields[0].na"),
        (body(SCALE | {"min": "1"}), "fields[0].min"),
        (body(SCALE | {"min": True}), "fields[0].min"),
        (body(SCALE | {"min": -1}), "fields[0].min"),
        (body(SCALE | {"max": 10**20}), "fields[0].max"),
        (body(SCALE | {"min": 5, "max": 5}), "fields[0].max"),
        (body(SCALE | {"min": 7, "max": 1}), "fields[0].max"),
        (body(SCALE | {"min": 1, "max": 12}), "fields[0].max"),
        (body(FLAG | {"max": 3}), "fields[0].max"),
        (body(SCALE, charm=True), "parts.charm"),
        (body(SCALE, ranking="off", ratings=False), "parts"),
        (body(FLAG, proposal=True), "parts.proposal"),
        ({"fields": [SCALE], "parts": "all"}, "parts"),
    ],
)
def test_what_is_wrong_is_named(given, field):
    with pytest.raises(RuleBroken) as error:
        clean_schema(given)
    assert error.value.field == field
    assert error.value.message.startswith((field, "body"))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 2), (0, 10), (1, 11), (90, 100)])
def test_scales_have_two_to_eleven_steps(low, high):
    schema = parse_schema(clean_schema(body(SCALE | {"min": low, "max": high})))
    assert clean_rating(schema, "A", {"overall": high}) == {"overall": high}
    with pytest.raises(RuleBroken):
        clean_rating(schema, "A", {"overall": high + 1})


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["fields", "parts", *SCALE, "min", "max", "help", "ranking"]), inner, max_size=5
        )
    ),
    max_leaves=10,
)


@given(junk)
def test_junk_is_refused_by_name_or_is_a_schema(value):
    for given_body in (value, {"fields": value}, {"fields": [value]}, {"fields": [SCALE], "parts": value}):
        try:
            assert parse_schema(clean_schema(given_body))
        except RuleBroken as error:
            assert error.field


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    return changes_between(parse_schema(old), parse_schema(new))


def test_changes_are_told_one_by_one():
    old = body(SCALE, FLAG)
    new = body(FLAG | {"name": "new", "label": "New"}, SCALE | {"max": 5, "required": True}, ranking="pairs")
    assert changes(old, new) == [
        Change("part", "ranking", "ranking", "ladder", "pairs"),
        Change("removed", "Odd"),
        Change("added", "New"),
        Change("changed", "Overall", "required", False, True),
        Change("changed", "Overall", "high", 7, 5),
    ]
    assert changes(old, old) == []
    assert changes(body(SCALE, FLAG), body(FLAG, SCALE)) == [Change("order")]
