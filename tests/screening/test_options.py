"""Options: every rule broken names its key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.imports.domain.options import Options, parse_options

ALL = {
    "dedupe_prefix": 200, "cap_per_source": 200, "split_by": "metadata.user.organisation", "pii": "mask",
    "pii_model": "ner", "language": "detect", "use_case_quotas": {"chat": 10, "": 0}, "tasks": "none", "priority": -5,
    "cohort": "held-out", "requires": ["language:es", "Domain:Law"], "columns": {"prompt": "question"},
}  # fmt: skip


def test_all_of_them():
    options = parse_options(ALL)
    assert options.dedupe_prefix == options.cap_per_source == 200
    assert options.requires == ("domain:law", "language:es")
    assert options.use_case_quotas == {"chat": 10, "": 0}
    assert (options.tasks, options.priority, options.cohort) == ("none", -5, "held-out")
    assert options.screens


@pytest.mark.parametrize("value", [None, {}, {"dedupe_prefix": None, "pii": None}])
def test_none_of_them(value):
    assert parse_options(value) == Options()
    assert not parse_options(value).screens


@pytest.mark.parametrize("value", [{"tasks": "none"}, {"priority": 3}, {"cohort": "training"}, {"columns": {}}])
def test_where_tasks_go_is_nothing_to_look_at_lines_for(value):
    assert not parse_options(value).screens


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"dedupe": 200}, "options.dedupe"),
        ({"dedupe_prefix": 3}, "options.dedupe_prefix"),
        ({"dedupe_prefix": True}, "options.dedupe_prefix"),
        ({"dedupe_prefix": "200"}, "options.dedupe_prefix"),
        ({"cap_per_source": 0}, "options.cap_per_source"),
        ({"split_by": "organisation"}, "options.split_by"),
        ({"split_by": "metadata."}, "options.split_by"),
        ({"split_by": ["metadata.x"]}, "options.split_by"),
        ({"pii": "hide"}, "options.pii"),
        ({"pii": {}}, "options.pii"),
        ({"pii_model": "ner"}, "options.pii_model"),
        ({"pii": "mask", "pii_model": 3}, "options.pii_model"),
        ({"language": "English"}, "options.language"),
        ({"language": 3}, "options.language"),
        ({"use_case_quotas": {"chat": -1}}, "options.use_case_quotas.chat"),
        ({"use_case_quotas": {"chat": 1.5}}, "options.use_case_quotas.chat"),
        ({"use_case_quotas": ["chat"]}, "options.use_case_quotas"),
        ({"tasks": "some"}, "options.tasks"),
        ({"priority": 10_000}, "options.priority"),
        ({"cohort": "all"}, "options.cohort"),
        ({"requires": "language:es"}, "options.requires"),
        ({"requires": ["two words"]}, "options.requires"),
        ({"columns": "prompt"}, "options.columns"),
        ("pii", "options"),
    ],
)
def test_a_rule_broken_names_its_key(value, field):
    with pytest.raises(RuleBroken) as caught:
        parse_options(value)
    assert caught.value.field == field
    assert caught.value.message.startswith(f"{field}: ")


json_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.integers() | st.text())
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(Options.__slots__), json_values))
def test_nothing_else_can_happen(value):
    try:
        options = parse_options(value)
    except RuleBroken as broken:
        assert broken.field.startswith("options.")
    else:
        assert isinstance(options, Options)
