"""The work page: the day in the labeler's own time, the pace, the queues; and what a reservation looks like from outside."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.labeling.models import Assignment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.reserve import task_reserve
from tests.cast import Cast
from tests.make import make_rank_task

BODY = {"tiers": {"A": 1, "B": 2}}
TIERS = {"tier-A": "1", "tier-B": "2"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(cast: Cast, client: Client) -> Client:
    client.force_login(cast.labeler.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def lease(cast: Cast) -> Assignment:
    for _ in range(3):
        make_rank_task(cast.project, k=2)
    return assignment_claim(member=cast.labeler, kind="rank")


def work_page(browser: Client) -> str:
    return browser.get("/p/clinic/work/").content.decode()


def ahead(browser: Client, lease: Assignment):
    return browser.post(f"/work/{lease.uid}/ahead/")


def test_a_first_day_has_no_numbers_yet(browser, cast):
    make_rank_task(cast.project, k=2)
    page = work_page(browser)
    assert "Your day" not in page
    assert "1 open for you" in page


def test_the_day_the_pace_and_the_zone(browser, cast, lease):
    judgment_submit(assignment=lease, body=BODY)
    Assignment.objects.filter(pk=lease.pk).update(active_seconds=300)
    browser.cookies["tz"] = "Asia/Kolkata"
    page = " ".join(work_page(browser).split())
    for said in ("<dt>Judged today</dt><dd>1</dd>", "<dt>Active today</dt><dd>5 min</dd>",
                 "<dt>Rank: your last one</dt><dd>5 min</dd>", "Days and times are in IST."):  # fmt: skip
        assert said in page


def test_a_long_stretch_gets_a_word_and_no_obstacle(browser, cast, lease):
    judgment_submit(assignment=lease, body=BODY)
    second = assignment_claim(member=cast.labeler, kind="rank")
    judgment_submit(assignment=second, body=BODY)
    now = timezone.now()
    Assignment.objects.filter(pk=lease.pk).update(
        created_at=now - timedelta(minutes=55), seen_at=now - timedelta(minutes=51)
    )
    page = work_page(browser)
    assert "without a pause" not in page, "51 minutes ago, and then nothing for long"
    for number, minutes in enumerate(range(51, 0, -4)):
        judged = make_rank_task(cast.project, k=2)
        Assignment.objects.create(
            task=judged, membership=cast.labeler, schema=lease.schema, state="submitted", display_order=[0, 1],
            seen_at=now - timedelta(minutes=minutes), active_seconds=number,
        )  # fmt: skip
    Assignment.objects.filter(state="submitted", active_seconds__gt=0).update(created_at=now - timedelta(minutes=53))
    page = work_page(browser)
    assert "without a pause" in page
    assert "Start ranking" in page


def test_the_next_room_is_served_ahead_and_marked(browser, cast, lease):
    answer = ahead(browser, lease)
    reserved = Assignment.objects.get(state="reserved")
    assert answer.status_code == 200
    assert answer["X-Ahead"] == f"{reserved.uid}.0.1.0"  # no guideline, schema 1, no draft
    assert f"/work/{reserved.uid}/submit/" in answer.content.decode()


def test_nothing_to_serve_ahead_is_204(browser, cast):
    make_rank_task(cast.project, k=2)
    only = assignment_claim(member=cast.labeler, kind="rank")
    assert ahead(browser, only).status_code == 204
    cast.project.state = "paused"
    cast.project.save()
    assert ahead(browser, only).status_code == 204


def test_a_reservation_cannot_be_opened_or_submitted_by_its_address(browser, cast, lease):
    reserved = task_reserve(member=cast.labeler, kind="rank", beside=lease)
    page = browser.get(f"/work/{reserved.uid}/").content.decode()
    assert "set aside for you" in page
    assert "Answer 0" not in page
    assert browser.post(f"/work/{reserved.uid}/submit/", TIERS).status_code == 409
    assert browser.post(f"/work/{reserved.uid}/preview/", {"text": "x"}).status_code == 409
    assert browser.post(f"/work/{reserved.uid}/skip/", {"reason": "other"}).status_code == 409
    reserved.refresh_from_db()
    assert reserved.state == "reserved"


@pytest.mark.parametrize("ahead_of", ["", "nonsense", "00000000-0000-0000-0000-000000000000.0.0", "x" * 9000])
def test_a_submit_that_names_no_room_at_hand_brings_the_whole_one(browser, cast, lease, ahead_of):
    answer = browser.post(f"/work/{lease.uid}/submit/", TIERS | {"ahead": ahead_of}, headers=HTMX)
    assert "X-Ahead" not in answer
    assert 'id="judgment"' in answer.content.decode()


def test_the_short_answer_holds_nothing_but_the_moment(browser, cast, lease):
    mark = ahead(browser, lease)["X-Ahead"]
    answer = browser.post(f"/work/{lease.uid}/submit/", TIERS | {"ahead": mark}, headers=HTMX)
    taken = Assignment.objects.get(state="leased")
    assert answer["X-Ahead"] == mark
    assert answer["HX-Push-Url"] == f"/work/{taken.uid}/"
    assert answer["X-Lease-Until"] == taken.lease_expires_at.isoformat()
    body = answer.content.decode()
    assert "1 today" in body
    assert f'href="/work/{taken.uid}/"' in body
    assert len(body) < 600


def test_a_message_that_waits_is_shown_with_the_whole_room(browser, cast, lease):
    """A judgment that came too late is told so; the room that was fetched ahead knows nothing of it."""
    mark = ahead(browser, lease)["X-Ahead"]
    Assignment.objects.filter(pk=lease.pk).update(state="expired", lease_expires_at=None)
    answer = browser.post(f"/work/{lease.uid}/submit/", TIERS | {"ahead": mark}, headers=HTMX)
    assert "X-Ahead" not in answer
    assert "Your judgment is kept" in answer.content.decode()


@pytest.mark.parametrize(
    "activity", ["[", "7", '{"page": 1}', "[" * 60_000, '{"page":"p","number":0,"events":[[0,"no"]]}']
)
def test_malformed_activity_costs_no_judgment(browser, lease, activity):
    browser.post(f"/work/{lease.uid}/submit/", TIERS | {"activity": activity})
    lease.refresh_from_db()
    assert lease.state == "submitted"


def test_activity_of_a_refused_judgment_is_kept(browser, lease):
    sent = '{"page":"p","number":0,"events":[[9000,"open"],[0,"submit"]]}'
    Assignment.objects.filter(pk=lease.pk).update(seen_at=timezone.now() - timedelta(seconds=30))
    answer = browser.post(f"/work/{lease.uid}/submit/", {"tier-A": "1", "activity": sent}, headers=HTMX)
    assert answer.status_code == 422
    lease.refresh_from_db()
    assert lease.active_seconds == 9
