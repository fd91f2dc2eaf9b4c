"""Schemas over the API: listed, read, published once, and refused by field."""

import pytest

from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.models import JudgmentSchema
from tests.api.calls import code
from tests.api.client import Caller

PATH = "projects/clinic/schemas/"
RATE_ONLY = SEED_SCHEMA | {"parts": {"ranking": "off"}}


def test_a_manager_publishes_and_everybody_who_curates_reads(manager: Caller, researcher: Caller):
    done = manager.post(PATH, {"body": RATE_ONLY, "based_on": 1})
    assert done.status_code == 201
    assert done.json()["number"] == 2
    assert done.json()["body"]["parts"] == {
        "ranking": "off", "ratings": True, "proposal": False, "prompt": True, "notes": True, "prompt_writing": False,
    }  # fmt: skip
    listed = researcher.get(PATH).json()
    assert [schema["number"] for schema in listed["results"]] == [2, 1]
    assert researcher.get(f"{PATH}2/").json() == done.json()
    assert code(researcher.get(f"{PATH}3/")) == (404, "not_found")


def test_what_is_in_force_is_not_published_again(manager: Caller):
    again = manager.post(PATH, {"body": SEED_SCHEMA})
    assert (again.status_code, again.json()["number"]) == (200, 1)
    assert JudgmentSchema.objects.count() == 1


def test_a_schema_begun_from_an_older_one_is_refused(manager: Caller):
    manager.post(PATH, {"body": RATE_ONLY})
    pairs = SEED_SCHEMA | {"parts": {"ranking": "pairs"}}
    stale = manager.post(PATH, {"body": pairs, "based_on": 1})
    assert code(stale) == (409, "schema_moved_on")
    assert stale.json()["error"]["details"]["number"] == 2
    assert manager.post(PATH, {"body": pairs, "based_on": 2}).status_code == 201


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "body"),
        ({"body": []}, "body"),
        ({"body": {"fields": [{}]}}, "fields[0].kind"),
        ({"body": SEED_SCHEMA | {"parts": {"ranking": "chess"}}}, "parts.ranking"),
        ({"body": SEED_SCHEMA | {"colour": 1}}, "colour"),
        ({"body": SEED_SCHEMA, "colour": 1}, "colour"),
        ({"body": SEED_SCHEMA, "based_on": "x"}, "based_on"),
        ({"body": SEED_SCHEMA, "based_on": 0}, "based_on"),
    ],
)
def test_what_is_wrong_is_named(manager: Caller, sent, field):
    answer = manager.post(PATH, sent)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert JudgmentSchema.objects.count() == 1


def test_who_may(labeler: Caller, researcher: Caller):
    assert labeler.get(PATH).status_code == 403
    assert researcher.post(PATH, {"body": RATE_ONLY}).status_code == 403
