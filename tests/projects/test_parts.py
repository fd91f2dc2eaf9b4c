"""Which parts of the room a schema asks for, and what no schema may ask."""

import pytest

from apps.core.domain.errors import RuleBroken
from apps.labeling.domain.kinds import parts_of
from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.domain.parts import ALL_PARTS, Parts, parse_parts
from apps.projects.domain.seed_schema import SEED_SCHEMA


def test_a_schema_that_names_none_has_them_all_but_what_must_be_asked_for():
    assert parse_schema(SEED_SCHEMA).parts == ALL_PARTS
    assert (ALL_PARTS.ranking, ALL_PARTS.ratings, ALL_PARTS.proposal, ALL_PARTS.prompt_writing) == (
        "ladder", True, False, False,
    )  # fmt: skip


@pytest.mark.parametrize("given", [{"ratings": False}, {"ranking": "off"}, {"ranking": "pairs", "notes": False}])
def test_what_is_named_is_changed_and_the_rest_stays(given):
    parts = parse_parts(given)
    for name, value in given.items():
        assert getattr(parts, name) == value
    assert parts.prompt is ALL_PARTS.prompt


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], "parts"),
        ({"colour": True}, "parts.colour"),
        ({"ranking": "chess"}, "parts.ranking"),
        ({"ranking": True}, "parts.ranking"),
        ({"notes": 1}, "parts.notes"),
        ({"ratings": None}, "parts.ratings"),
        ({"ranking": "off", "ratings": False}, "parts"),
        ({"proposal": True, "ratings": False}, "parts.proposal"),
        ({"proposal": True, "ranking": "pairs"}, "parts.proposal"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given, field):
    with pytest.raises(RuleBroken) as error:
        parse_parts(given)
    assert error.value.field == field


@pytest.mark.parametrize("parts", [ALL_PARTS, Parts(ratings=False), Parts(ranking="off"), Parts(proposal=True)])
def test_a_kind_has_the_parts_it_can_have(parts):
    assert parts_of("rank", parts) == parts
    assert (parts_of("rate", parts).ranking, parts_of("rate", parts).ratings) == ("off", True)
    assert (parts_of("demonstrate", parts).ranking, parts_of("demonstrate", parts).ratings) == ("off", False)
    assert not parts_of("rate", parts).proposal
    assert parts_of("rate", parts).notes is parts.notes
