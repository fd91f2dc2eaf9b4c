"""What no page of ours would send is answered in a sentence, not with a crash."""

import pytest

from tests.make import make_rank_task

JSON = {"Accept": "application/json"}


@pytest.fixture
def draft_url(cast, claimed) -> str:
    make_rank_task(cast.project)
    return f"/work/{claimed().uid}/draft/"


@pytest.mark.parametrize(
    "body",
    [
        b'{"revision": 0, "draft": {"note": NaN}}',
        b'{"revision": 0, "draft": {"note": "\\ud800"}}',
        b'{"revision": 0, "draft": ' + b"[" * 100_000,
        b'{"revision": ' + b"9" * 5_000 + b', "draft": {}}',
        b"\xff",
        b"[]",
    ],
)
def test_a_draft_that_is_no_json_object_is_malformed(labeler, draft_url, body):
    answer = labeler.post(draft_url, body, content_type="application/json", headers=JSON)
    assert answer.status_code in (400, 422)
    assert set(answer.json()["error"]) == {"code", "message", "details"}


@pytest.mark.parametrize("body", [b'{"revision": N, "draft": {}}', b'{"revision": 0, "draft": {"tiers": {"A": N}}}'])
def test_a_number_beyond_64_bits_does_no_harm(labeler, draft_url, body):
    body = body.replace(b"N", b"12345678901234567890123")
    assert labeler.post(draft_url, body, content_type="application/json", headers=JSON).status_code < 500
    assert labeler.get(draft_url.removesuffix("draft/")).status_code == 200


@pytest.mark.parametrize("revision", ["9" * 5_000, "-1", "\u00b2", "x"])
def test_a_revision_that_is_no_number_of_ours_is_refused(labeler, draft_url, revision):
    answer = labeler.post(draft_url, {"revision": revision, "note": "so"})
    assert answer.status_code == 422
    assert "revision: the number that came with this page." in answer.content.decode()
