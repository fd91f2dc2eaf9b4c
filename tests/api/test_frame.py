"""The frame of the API: whatever goes wrong, the answer is JSON of one shape."""

import base64

import pytest
from django.test import Client

from apps.projects import access
from tests.api.client import Caller
from tests.cast import Cast


def shape(answer) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.json()["error"]) == {"code", "message", "details"}
    return answer.status_code, answer.json()["error"]["code"]


def test_a_bug_is_a_500_in_the_apis_shape(cast: Cast, manager: Caller, monkeypatch):
    manager.client.raise_request_exception = False
    monkeypatch.setattr(access, "membership_for", lambda *_: 1 / 0)

    assert shape(manager.get("projects/clinic/members/")) == (500, "server_error")


def test_a_strange_host_is_a_400_in_the_apis_shape(db):
    assert shape(Client().get("/api/v1/projects/", headers={"host": "evil.example.com"})) == (400, "malformed")


@pytest.mark.parametrize("position", ["p=abc", "p=%00", "p=-1", "p=" + "9" * 40, "p=1&r=x"])
def test_a_forged_cursor_is_refused_by_name(cast: Cast, researcher: Caller, position: str):
    cursor = base64.b64encode(position.encode()).decode()
    answer = researcher.get("projects/clinic/imports/", query_params={"cursor": cursor})

    assert shape(answer) == (422, "rule_broken")
    assert answer.json()["error"]["details"]["field"] == "cursor"


def test_a_chunked_body_is_refused_rather_than_read_as_empty(cast: Cast, manager: Caller):
    answer = manager.client.post(
        "/api/v1/auth/token/",
        headers={"Transfer-Encoding": "chunked"},
        CONTENT_LENGTH="",
        content_type="application/json",
    )

    assert shape(answer) == (411, "length_required")
