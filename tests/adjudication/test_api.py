"""Adjudication over the API."""

import pytest
from django.test import Client

from apps.projects.access import Capability
from tests.adjudication.scene import contested


def client(member):
    found = Client()
    found.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    return found


@pytest.fixture
def base(cast):
    return f"/api/v1/projects/{cast.project.slug}/adjudication/"


def test_from_the_queue_to_a_resolution(cast, base):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    adjudicator = client(cast.adjudicator)
    (row,) = adjudicator.get(base).json()["results"]
    assert (row["task"], row["disagreement"], row["judgments"], row["feeds"]) == (str(task.uid), 1.0, 2, 6)
    sheet = adjudicator.get(f"{base}{task.uid}/").json()
    assert [one["letter"] for one in sheet["candidates"]] == ["A", "B", "C"]
    first, second = (one["tiers"] for one in sheet["judgments"])
    assert {first[letter] + second[letter] for letter in "ABC"} == {4}
    assert "labeler" not in str(sheet)
    body = {"category": "hard", "tiers": first, "seen": [one["judgment"] for one in sheet["judgments"]]}
    made = adjudicator.post(f"{base}{task.uid}/resolution/", body, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["tiers"] == first
    assert adjudicator.post(f"{base}{task.uid}/resolution/", body, content_type="application/json").status_code in (
        200,
        409,
    )
    assert not adjudicator.get(base).json()["results"]
    assert adjudicator.get(base, {"resolved": "true"}).json()["results"][0]["task"] == str(task.uid)
    listed = client(cast.researcher).get(f"/api/v1/projects/{cast.project.slug}/resolutions/", {"category": "hard"})
    assert [one["uid"] for one in listed.json()["results"]] == [made.json()["uid"]]


def test_another_who_looked_before_is_told(cast, base):
    task = contested(cast.project, [1, 2], [2, 1])
    body = {"category": "slip", "tiers": {"A": 1, "B": 2}}
    address = f"{base}{task.uid}/resolution/"
    first = client(cast.manager).post(address, body, content_type="application/json").json()
    second = client(cast.adjudicator)
    answer = second.post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "resolved_meanwhile")
    assert answer.json()["error"]["details"]["resolution"] == first["uid"]
    made = second.post(address, body | {"supersedes": first["uid"]}, content_type="application/json")
    assert made.json()["supersedes"] == first["uid"]


def test_pages_of_equal_scores_hold_every_task_once(cast, base):
    tasks = {str(contested(cast.project, [1, 2], [2, 1]).uid) for _ in range(5)}
    adjudicator, address, found = client(cast.adjudicator), f"{base}?limit=2", []
    while address:
        page = adjudicator.get(address).json()
        found += [row["task"] for row in page["results"]]
        address = page["next"]
    assert (len(found), set(found)) == (5, tasks)


@pytest.mark.parametrize("query", [{"least": "2"}, {"sensitive": "maybe"}, {"cohort": "training"}, {"cursor": "x"}])
def test_a_filter_is_understood_or_refused(cast, base, query):
    assert client(cast.adjudicator).get(base, query).status_code == 422


def test_rules_and_the_wish_for_more(cast, base):
    manager = client(cast.manager)
    rules = {"use_cases": ["extract"], "more_below": 0.5, "more_judgments": 1, "more_most": 5}
    assert manager.put(f"{base}rules/", rules, content_type="application/json").json() == rules
    assert manager.get(f"{base}rules/").json() == rules
    answer = manager.post(f"{base}more/", {"below": 0.5}, content_type="application/json")
    assert answer.json() == {"tasks": 0, "judgments": 0, "more": False}
    wrong = manager.post(f"{base}more/", {"below": 1.5}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["error"]["details"]["field"]) == (422, "below")
    assert client(cast.adjudicator).get(f"{base}rules/").status_code == 403


def test_researchers_and_labelers_stay_outside(cast, base):
    task = contested(cast.project, [1, 2], [2, 1])
    assert Capability.ADJUDICATE
    for member in (cast.labeler, cast.researcher, cast.held_out_labeler):
        for address in (base, f"{base}{task.uid}/"):
            assert client(member).get(address).status_code == 403
