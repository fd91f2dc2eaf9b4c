"""The lean views keep DRF's manners: who may, what is readable, and how a refusal looks."""

import pytest
from django.test import Client

from apps.core import limits
from apps.labeling.models import Assignment
from apps.projects.models import Project
from tests.api.calls import CLAIM, claim, code, tiers
from tests.api.client import Caller
from tests.cast import PASSWORD, Cast
from tests.make import make_rank_task

URL = f"/api/v1/{CLAIM}"


@pytest.fixture
def signed_in(cast: Cast) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in/")
    token = client.cookies["csrftoken"].value
    client.post("/sign-in/", {"username": "labeler@example.org", "password": PASSWORD, "csrfmiddlewaretoken": token})
    return client


def test_a_session_claims_and_submits_with_its_token(cast: Cast, signed_in: Client):
    make_rank_task(cast.project, k=2)
    headers = {"X-CSRFToken": signed_in.cookies["csrftoken"].value}
    answer = signed_in.post(URL, {"kind": "rank"}, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    uid = answer.json()["uid"]
    assert signed_in.get(f"/api/v1/assignments/{uid}/").json()["uid"] == uid
    submit = f"/api/v1/assignments/{uid}/submit/"
    said = signed_in.post(submit, tiers(answer.json(), 1, 2), content_type="application/json", headers=headers)
    assert said.status_code == 201


def test_a_session_asks_for_the_head_of_what_it_holds(cast: Cast, labeler: Caller, signed_in: Client):
    make_rank_task(cast.project, k=2)
    address = f"/api/v1/assignments/{claim(labeler)['uid']}/"
    head = signed_in.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == signed_in.get(address).headers["ETag"]


def test_a_session_without_the_token_is_refused(cast: Cast, signed_in: Client):
    make_rank_task(cast.project, k=2)
    answer = signed_in.post(URL, {"kind": "rank"}, content_type="application/json")
    assert code(answer) == (403, "forbidden")
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("header", [None, "Token", "Token nonsense", "Token two words", "Basic bGFiZWxlcjpzZWNyZXQ="])
def test_nobody_in_particular_is_401(cast: Cast, header: str | None):
    make_rank_task(cast.project, k=2)
    answer = Client().post(
        URL, {"kind": "rank"}, content_type="application/json", headers={"Authorization": header} if header else {}
    )
    assert code(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Token"


def test_a_revoked_token_and_a_closed_account_are_401(cast: Cast, labeler: Caller):
    cast.labeler.user.api_tokens.update(expires_at="2020-01-01T00:00Z")
    assert code(labeler.post(CLAIM, {"kind": "rank"})) == (401, "unauthenticated")
    cast.labeler.user.api_tokens.update(expires_at="2099-01-01T00:00Z")
    assert labeler.post(CLAIM, {"kind": "rank"}).status_code == 204
    cast.labeler.user.is_active = False
    cast.labeler.user.save()
    assert code(labeler.post(CLAIM, {"kind": "rank"})) == (401, "unauthenticated")


def test_who_is_not_a_labeler_is_told_so_and_an_outsider_nothing(cast: Cast, researcher: Caller, labeler: Caller):
    assert code(researcher.post(CLAIM, {"kind": "rank"})) == (403, "wrong_role")
    assert code(labeler.post("projects/elsewhere/assignments/", {"kind": "rank"})) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"kind=rank", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"", "application/json", 422),
        (b'{"kind": "' + b"x" * 3_000_000 + b'"}', "application/json", 413),
    ],
)
def test_what_is_not_readable_is_refused_in_the_apis_shape(cast, labeler, body, content_type, status):
    answer = labeler.client.post(
        URL, data=body, content_type=content_type, headers={"Authorization": f"Token {labeler.token}"}
    )
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "details"}


def test_other_methods_take_the_usual_way(cast: Cast, labeler: Caller):
    assert code(labeler.get(CLAIM)) == (405, "method_not_allowed")
    assert labeler.call("options", CLAIM).status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [("text/html", 406), ("application/json, text/plain, */*", 204), ("application/*;q=0.8", 204)],
)
def test_what_is_asked_for_is_json(cast: Cast, labeler: Caller, accept: str, status: int):
    headers = {"Authorization": f"Token {labeler.token}", "Accept": accept}
    answer = labeler.client.post(URL, {"kind": "rank"}, content_type="application/json", headers=headers)
    assert answer.status_code == status


def test_a_runaway_program_is_held_up(cast: Cast, labeler: Caller, settings):
    make_rank_task(cast.project, k=2)
    settings.RATE_LIMITS = {"read": 0, "write": 0, "hot": 2}
    limits.clear()
    assert claim(labeler)
    assert claim(labeler)
    refused = labeler.post(CLAIM, {"kind": "rank"})
    assert code(refused) == (429, "too_many_requests")
    assert int(refused["Retry-After"]) > 0
    limits.clear()


def test_a_quota_is_told_and_never_undoes_a_submit(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, k=2), make_rank_task(cast.project, k=2)
    Project.objects.update(labeler_quota=1)
    body = claim(labeler)
    said = labeler.post(f"assignments/{body['uid']}/submit/?next=1", tiers(body, 1, 2))
    assert said.status_code == 201
    assert (said.json()["next"], said.json()["next_blocked"]) == (None, "quota_reached")
    refused = labeler.post(CLAIM, {"kind": "rank"})
    assert code(refused) == (409, "quota_reached")
    assert refused.json()["error"]["details"] == {"quota": "total", "limit": 1}
