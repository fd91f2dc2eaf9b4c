"""A judgment says what its schema asks for: what is switched off is refused by name, and nothing takes its place."""

from typing import Any

import pytest

from apps.core.domain.errors import RuleBroken
from apps.labeling.domain.submission import Submission, parse_submission
from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.domain.seed_schema import SEED_SCHEMA

RANKED = {"A": 1, "B": 2}
RATED = {"A": {"overall": 6}, "B": {"overall": 2}}


def parse(body: dict[str, Any], kind: str = "rank", **parts: Any) -> Submission:
    schema = parse_schema(SEED_SCHEMA | {"parts": parts})
    return parse_submission(kind, body, order=[] if kind == "demonstrate" else [1, 0], schema=schema)


def refused(body: dict[str, Any], kind: str = "rank", **parts: Any) -> RuleBroken:
    with pytest.raises(RuleBroken) as error:
        parse(body, kind, **parts)
    assert error.value.message.startswith(error.value.field)
    return error.value


def test_rating_only_needs_every_output_rated():
    done = parse({"ratings": RATED}, ranking="off")
    assert (done.tiers, done.ratings) == (None, [{"overall": 2}, {"overall": 6}])
    missing = refused({"ratings": {"A": {"overall": 6}}}, ranking="off")
    assert (missing.field, missing.code) == ("ratings.B", "missing_candidate")
    assert refused({}, ranking="off").code == "missing_candidate"


def test_ranking_only_takes_no_ratings():
    done = parse({"tiers": RANKED}, ratings=False)
    assert (done.tiers, done.ratings) == ([2, 1], None)


@pytest.mark.parametrize(
    ("body", "parts", "field"),
    [
        ({"ratings": RATED, "tiers": RANKED}, {"ranking": "off"}, "tiers"),
        ({"tiers": RANKED, "ratings": RATED}, {"ratings": False}, "ratings"),
        ({"tiers": RANKED, "prompt_flags": {"ambiguous": "yes"}}, {"prompt": False}, "prompt_flags"),
        ({"tiers": RANKED, "use_case": "chat"}, {"prompt": False}, "use_case"),
        ({"tiers": RANKED, "note": "So."}, {"notes": False}, "note"),
        ({"tiers": RANKED, "ratings": {"A": {"note": "So."}}}, {"notes": False}, "ratings.A.note"),
        ({"tiers": RANKED, "proposal": True}, {}, "proposal"),
    ],
)
def test_what_is_switched_off_is_refused_by_name(body, parts, field):
    error = refused(body, **parts)
    assert (error.field, error.code) == (field, "part_off")


@pytest.mark.parametrize(
    "nothing", [{"tiers": {}}, {"ratings": {}}, {"prompt_flags": {}}, {"note": ""}, {"proposal": False}]
)
def test_what_says_nothing_is_no_answer_to_refuse(nothing):
    off = {"ranking": "off"} if "tiers" in nothing else {"ratings": False, "prompt": False, "notes": False}
    said = {"ratings": RATED} if "tiers" in nothing else {"tiers": RANKED}
    assert parse(said | nothing, **off)


def test_a_task_that_asks_for_ratings_rates_whatever_the_project_ranks():
    assert parse({"ratings": RATED}, "rate", ratings=False).ratings
    assert refused({"tiers": RANKED}, "rate").code == "unknown_field"


def test_a_demonstration_has_no_part_of_a_ranking():
    assert parse({"text": "Hello"}, "demonstrate", ranking="off").text == "Hello"
    assert refused({"text": "Hello", "ratings": RATED}, "demonstrate").code == "unknown_field"


def test_a_proposal_is_told_only_where_it_is_offered():
    assert parse({"tiers": RANKED, "ratings": RATED, "proposal": True}, proposal=True).proposal
    assert not parse({"tiers": RANKED, "ratings": RATED}, proposal=True).proposal
    assert refused({"tiers": RANKED, "proposal": "yes"}, proposal=True).field == "proposal"


def test_two_equal_answers_are_equal_however_they_came_about():
    body = {"tiers": RANKED, "ratings": RATED}
    assert parse(body | {"proposal": True}, proposal=True).sha256 == parse(body, proposal=True).sha256


@pytest.mark.parametrize("parts", [{"prompt_flags": ["ambiguous"]}, {"ratings": "A"}, {"tiers": 7}])
def test_junk_where_a_part_is_off_is_refused_too(parts):
    error = refused({"ratings": RATED} | parts if "tiers" in parts else {"tiers": RANKED} | parts, **(
        {"ranking": "off"} if "tiers" in parts else {"ratings": False, "prompt": False}
    ))  # fmt: skip
    assert error.field in parts


def test_a_note_is_the_same_from_a_plain_form_and_from_a_script():
    typed = {"tiers": RANKED, "note": "One line.\nAnother."}
    sent = {"tiers": RANKED, "note": "One line.\r\nAnother.\r\n"}
    assert parse(sent).sha256 == parse(typed).sha256
