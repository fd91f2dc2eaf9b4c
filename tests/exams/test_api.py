"""Exams over the API, and that a candidate's answers hold no key."""

import json
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.test import Client

from apps.projects.models import Membership
from apps.screening.models import Attempt
from apps.screening.services.attempts import attempt_submit
from apps.screening.services.grades import grade_give
from tests.exams.make import answer_for, exam_body, publish, sit, whole_body, write_item

ROOT = "/api/v1/projects/clinic/exams/"
BACKEND = "django.contrib.auth.backends.ModelBackend"


class Caller:
    def __init__(self, member: Membership) -> None:
        self.client = Client()
        self.client.force_login(member.user, backend=BACKEND)

    def __call__(self, method: str, path: str = "", body: Any = None, status: int = 200, **headers: str) -> Any:
        answer = self.client.generic(
            method, ROOT + path, "" if body is None else json.dumps(body), "application/json", headers=headers
        )
        assert answer.status_code == status, answer.content
        return answer.json()


@pytest.fixture
def made(cast) -> Caller:
    manager = Caller(cast.manager)
    manager("POST", body=whole_body())
    manager("POST", "1/publish/")
    return manager


def test_making_and_publishing(cast, made):
    assert made("POST", "1/publish/")["published_at"] == made("GET", "1/")["published_at"]
    again = made("POST", body={"items": [{"part": "rankings", "prompt": "x", "texts": ["a", "b"], "references": [{"tiers": [1, 1]}]}]})  # fmt: skip
    assert again["body"]["items"][0]["references"] == [{"by": cast.manager.pseudonym, "tiers": [1, 1]}]
    assert [row["number"] for row in made("GET")["results"]] == [2, 1]
    error = made("POST", body={"items": [{"part": "x"}]}, status=422)["error"]
    assert error["details"]["field"] == "items[0].part"
    assert made("POST", "9/publish/", status=404)["error"]["code"] == "not_found"


def test_the_candidates_side_holds_no_key(cast, made, candidate):
    mine = Caller(candidate)
    assert mine("GET", "attempt/")["stage"] == "begin"
    assert mine("PUT", "attempt/answers/f1/", {}, status=409)["error"]["code"] == "not_begun"
    begun = mine("POST", "attempt/")
    assert (begun["stage"], begun["items"], [one["id"] for one in begun["practice"]]) == ("practice", [], ["p1", "p2"])
    attempt = Attempt.objects.select_related("exam", "membership").get()
    wrong = mine("POST", "attempt/practice/p1/", answer_for(attempt, "p1", flag="no"))
    assert (wrong["right"], wrong["key"], wrong["explanation"]) == (False, {"sensitive": "yes"}, "Because of the tone.")
    mine("POST", "attempt/practice/p2/", {"tiers": {"A": 1}}, status=422)
    ranked = mine("POST", "attempt/practice/p2/", answer_for(attempt, "p2"))
    assert ranked["rankings"] == [answer_for(attempt, "p2")["tiers"]]
    assert mine("POST", "attempt/practice/p1/", answer_for(attempt, "p1"))["exam_open"]

    half = mine("PUT", "attempt/answers/r1/", {"tiers": {"A": 1}})
    assert half["answered"] is False
    missing = mine("POST", "attempt/submit/", status=422)["error"]
    assert missing["details"]["missing"] == ["f1", "f2", "r1", "d1", "topics"]
    for name in ("f1", "f2", "r1", "d1"):
        assert mine("PUT", f"attempt/answers/{name}/", answer_for(attempt, name))["answered"]
    mine("PUT", "attempt/answers/topics/", {"topics": ["Sport"]}, status=422)
    mine("PUT", "attempt/answers/topics/", {"topics": ["Politics"]})
    open_ = mine("GET", "attempt/")
    for secret in ("references", "researcher-0", "explanation", '"key"', "grades"):
        assert secret not in json.dumps(open_)
    assert [mine("POST", "attempt/submit/")["stage"] for _twice in range(2)] == ["waiting", "waiting"]
    assert mine("PUT", "attempt/answers/f1/", {}, status=409)["error"]["code"] == "already_submitted"


def test_replies_to_grade_come_in_an_order_that_says_nothing_of_their_authors(cast, candidate):
    publish(cast.researcher, exam_body(*(write_item(f"d{n}") for n in range(3)), topics=[]))
    attempt = sit(candidate, submit=False)
    for item, last in (("d0", 2), ("d1", 3), ("d2", 1)):
        attempt.answers.filter(item=item).update(uid=UUID(int=4 << 76 | 8 << 60 | last))
    attempt_submit(attempt=attempt)
    caller, path, texts = Caller(cast.researcher), "demonstrations/?limit=1", []
    while path:
        page = caller("GET", path)
        texts += [row["text"] for row in page["results"]]
        path = "demonstrations/?" + urlsplit(page["next"]).query if page["next"] else ""
    assert texts == [f"A careful reply to {item}." for item in ("d2", "d0", "d1")]


def test_candidates_grades_and_decisions(cast, made, candidate, other_candidate):
    attempt = sit(candidate)
    sit(other_candidate, submit=False)
    rows = made("GET", "candidates/")["results"]
    assert [row["state"] for row in rows] == ["exam", "submitted"]
    assert rows[0]["flags"] is None
    assert rows[1]["demonstrations"] == {"value": None, "why": "not_graded", "of": 0, "cutoff": 6.0, "reaches": None}
    assert candidate.user.email not in json.dumps(rows)
    assert len(made("GET", f"candidates/?candidate={candidate.pseudonym}")["results"]) == 1

    researcher = Caller(cast.researcher)

    def answers_for(caller: Caller) -> dict[str, Any]:
        return {one["item"]: one for one in caller("GET", f"candidates/{attempt.uid}/")["answers"]}

    grade_give(actor=cast.manager, answer=attempt.answers.get(item="d1"), value=6)
    told, kept = answers_for(made), answers_for(researcher)
    assert (told["d1"]["reply"], told["d1"]["grades"]) == ("A careful reply to d1.", [6])
    assert (kept["d1"]["reply"], kept["d1"]["grades"], kept["d1"]["seen"]) == (None, [], True)
    assert (told["r1"]["tiers"], told["f2"]["flags"]) == ([1, 2, 2], {"sensitive": "no"})
    assert made("GET", f"candidates/{rows[0]['uid']}/")["answers"] == []
    [text] = researcher("GET", "demonstrations/")["results"]
    assert set(text) == {"uid", "prompt", "sensitive", "text"}
    assert researcher("PUT", f"demonstrations/{text['uid']}/grade/", {"value": 6})["value"] == 6
    assert researcher("GET", "demonstrations/")["results"] == []
    assert answers_for(researcher)["d1"]["grades"] == [6, 6]
    researcher("PUT", f"demonstrations/{text['uid']}/grade/", {"value": 9}, status=422)

    path = f"candidates/{attempt.uid}/decisions/"
    said = {"outcome": "accept_training", "reason": "Reads closely.", "seen": 0}
    researcher("POST", path, said, status=403)
    first = made("POST", path, said, status=201)
    assert made("POST", path, said)["uid"] == first["uid"]
    assert made("POST", path, {**said, "outcome": "reject"}, status=409)["error"]["code"] == "decided_meanwhile"
    kept = made("POST", path, {**said, "outcome": "ask_again", "seen": 1}, status=201, **{"Idempotency-Key": "k"})
    assert (
        made("POST", path, {**said, "outcome": "ask_again", "seen": 1}, status=201, **{"Idempotency-Key": "k"}) == kept
    )
    found = made("GET", f"candidates/{attempt.uid}/")
    assert [one["outcome"] for one in found["decisions"]] == ["accept_training", "ask_again"]
    assert found["demonstrations"]["reaches"] is True
    candidate.refresh_from_db()
    assert candidate.status == "qualifying"
