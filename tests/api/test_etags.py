"""What a program has already is not sent again; what it knew is not overwritten unseen."""

import pytest

from tests.api.client import Caller
from tests.cast import Cast
from tests.make import make_prompt


@pytest.mark.parametrize(
    "path", ["projects/", "projects/clinic/", "projects/clinic/prompts/", "projects/clinic/schemas/1/"]
)
def test_the_same_again_is_304(cast: Cast, manager: Caller, path: str, settings):
    settings.RATE_LIMITS = {"read": 1_000, "write": 0, "hot": 0}
    first = manager.get(path)
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert set(first.headers["Vary"].split(", ")) >= {"Authorization", "Cookie"}
    for header in (tag, f'"other", W/{tag}', "*"):
        again = manager.client.get(
            f"/api/v1/{path}", headers={"Authorization": f"Token {manager.token}", "If-None-Match": header}
        )
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["X-RateLimit-Remaining"].isdigit()
        assert again.headers["X-Request-ID"]
        assert "Content-Type" not in again.headers


def test_a_change_is_sent(cast: Cast, manager: Caller):
    headers = {
        "Authorization": f"Token {manager.token}",
        "If-None-Match": manager.get("projects/clinic/prompts/").headers["ETag"],
    }
    make_prompt(cast.project)
    changed = manager.client.get("/api/v1/projects/clinic/prompts/", headers=headers)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != headers["If-None-Match"]


def test_refusals_and_pages_have_no_tag(cast: Cast, manager: Caller, client):
    assert "ETag" not in manager.get("projects/other/").headers
    assert "ETag" not in client.get("/accounts/sign-in/").headers


def test_a_member_is_changed_only_as_they_were_read(cast: Cast, manager: Caller):
    path = f"/api/v1/projects/clinic/members/{cast.labeler.uid}/"

    def change(tag: str, **body: object):
        headers = {"Authorization": f"Token {manager.token}", "If-Match": tag}
        return manager.client.patch(path, body, headers=headers, content_type="application/json")

    read = manager.get(path.removeprefix("/api/v1/")).headers["ETag"]
    assert change(read, accepts_sensitive=True).status_code == 200
    refused = change(read, status="suspended")
    assert (refused.status_code, refused.json()["error"]["code"]) == (412, "changed_meanwhile")
    now = manager.get(path.removeprefix("/api/v1/"))
    assert now.json()["status"] == "active"
    assert change(f"W/{now.headers['ETag']}", status="suspended").json()["status"] == "suspended"
    assert change("*", status="active").json()["status"] == "active"


@pytest.mark.parametrize("with_tag", [False, True])
def test_of_several_changes_all_hold_or_none(cast: Cast, manager: Caller, with_tag: bool):
    path = f"projects/clinic/members/{cast.labeler.uid}/"
    tag = manager.get(path).headers["ETag"] if with_tag else "*"
    headers = {"Authorization": f"Token {manager.token}", "If-Match": tag}
    body = {"status": "suspended", "accepts_sensitive": True, "skills": ["no skill"]}
    refused = manager.client.patch(f"/api/v1/{path}", body, headers=headers, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "skills")
    left = manager.get(path).json()
    assert (left["status"], left["accepts_sensitive"]) == ("active", False)


def test_a_policy_is_set_only_as_it_was_read_and_at_first_as_it_was_not_there(cast: Cast, manager: Caller):
    path = "projects/clinic/retrain-policy/"

    def put(tag: str, **body: object):
        headers = {"Authorization": f"Token {manager.token}", "If-Match": tag}
        return manager.client.put(f"/api/v1/{path}", body, headers=headers, content_type="application/json")

    none_yet = manager.get(path).headers["ETag"]
    assert put('"other"', prompts_per_loop=7).status_code == 412
    assert put(none_yet, prompts_per_loop=7).json()["prompts_per_loop"] == 7
    assert put(none_yet, prompts_per_loop=8).json()["error"]["code"] == "changed_meanwhile"
    read = manager.get(path)
    assert read.json()["prompts_per_loop"] == 7
    assert put(read.headers["ETag"], prompts_per_loop=9).json()["prompts_per_loop"] == 9
