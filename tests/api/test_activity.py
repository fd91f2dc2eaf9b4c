"""The optional activity of a call: counted when it is there, refused by name, with nothing else done, when it is not one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.labeling.models import ActivityBatch, Assignment, Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.reserve import task_reserve
from tests.cast import Cast
from tests.make import make_rank_task

TIERS = {"tiers": {"A": 1, "B": 2}}


@pytest.fixture
def lease(cast: Cast) -> Assignment:
    for _ in range(2):
        make_rank_task(cast.project, k=2)
    lease = assignment_claim(member=cast.labeler, kind="rank")
    Assignment.objects.filter(pk=lease.pk).update(seen_at=timezone.now() - timedelta(seconds=40))
    return lease


def batch(number: int = 0) -> dict:
    return {"page": "notebook-1", "number": number, "events": [[30_000, "open"], [10_000, "key"], [0, "submit"]]}


@pytest.mark.parametrize(
    ("call", "body"),
    [("draft", {"draft": {}, "revision": 0}), ("heartbeat", {}), ("submit", TIERS)],
)
def test_every_call_takes_it(labeler, lease, call, body):
    answer = labeler.post(f"assignments/{lease.uid}/{call}/", body | {"activity": batch()})
    assert answer.status_code in (200, 201), answer.content
    lease.refresh_from_db()
    assert lease.active_seconds == 30
    assert ActivityBatch.objects.get().page == "notebook-1"


@pytest.mark.parametrize(
    ("call", "body"),
    [("draft", {"draft": {"note": "x"}, "revision": 0}), ("heartbeat", {}), ("submit", TIERS)],
)
def test_a_malformed_one_is_refused_by_name_and_nothing_is_done(labeler, lease, call, body):
    answer = labeler.post(f"assignments/{lease.uid}/{call}/", body | {"activity": {"page": "p", "number": "one"}})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == "activity.number"
    lease.refresh_from_db()
    assert (lease.state, lease.draft_revision, lease.active_seconds) == ("leased", 0, 0)
    assert not Judgment.objects.exists()


def test_sent_twice_it_counts_once(labeler, lease):
    for _ in range(2):
        labeler.post(f"assignments/{lease.uid}/heartbeat/", {"activity": batch()})
    lease.refresh_from_db()
    assert lease.active_seconds == 30


def test_without_it_signs_of_life_count(labeler, lease, monkeypatch):
    lease.refresh_from_db()
    monkeypatch.setattr(timezone, "now", lambda: lease.seen_at + timedelta(seconds=40))
    labeler.post(f"assignments/{lease.uid}/heartbeat/", {})
    lease.refresh_from_db()
    assert lease.active_seconds == 40


def test_a_reserved_task_is_not_served(cast, labeler, lease):
    reserved = task_reserve(member=cast.labeler, kind="rank", beside=lease)
    answer = labeler.get(f"assignments/{reserved.uid}/")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "not_leased"


def test_a_submit_with_next_takes_what_was_reserved(cast, labeler, lease):
    reserved = task_reserve(member=cast.labeler, kind="rank", beside=lease)
    answer = labeler.post(f"assignments/{lease.uid}/submit/?next=1", TIERS)
    assert answer.json()["next"]["uid"] == str(reserved.uid)


def test_a_skip_says_why_in_a_code(labeler, lease):
    wrong = labeler.post(f"assignments/{lease.uid}/skip/", {"code": "boring"})
    assert (wrong.status_code, wrong.json()["error"]["details"]["field"]) == (422, "code")
    assert labeler.post(f"assignments/{lease.uid}/skip/", {"code": "language", "reason": "Finnish"}).status_code == 200
    lease.refresh_from_db()
    assert (lease.skip_code, lease.skip_reason) == ("language", "Finnish")
