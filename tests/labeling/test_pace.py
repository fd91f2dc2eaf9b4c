"""The day, the pace and the stretch that a labeler is told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.labeling.domain.activity import parse_batch
from apps.labeling.models import Assignment
from apps.labeling.selectors import done_in_all, pace_of, progress_of, queue_state, stretch_of
from apps.labeling.selectors import queue as queue_module
from apps.labeling.selectors.pace import LONGEST_STRETCH, PAUSE, unbroken
from apps.labeling.services.activity import activity_note
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.templatetags.labeling_room import duration
from tests.cast import Cast
from tests.make import make_demonstrate_task, make_rank_task

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def done(cast: Cast, *, at: datetime, active: int = 60, kind: str = "rank") -> Assignment:
    if kind == "rank":
        make_rank_task(cast.project, k=2)
    else:
        make_demonstrate_task(cast.project)
    assignment = assignment_claim(member=cast.labeler, kind=kind)
    judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}} if kind == "rank" else {"text": "Hello."})
    Assignment.objects.filter(pk=assignment.pk).update(
        seen_at=at, created_at=at - timedelta(seconds=active), active_seconds=active
    )
    return assignment


@pytest.fixture
def at_noon(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def test_today_begins_at_midnight_where_the_labeler_is(cast, at_noon):
    for hours in (1, 11, 13):  # before now: 11 UTC, 1 UTC, 23 UTC of yesterday
        done(cast, at=NOON - timedelta(hours=hours), active=100)
    assert (progress_of(cast.labeler).today, progress_of(cast.labeler).active_seconds) == (2, 200)
    with timezone.override(ZoneInfo("Asia/Kolkata")):  # midnight there was 18:30 UTC
        assert progress_of(cast.labeler).today == 3
    with timezone.override(ZoneInfo("America/Los_Angeles")):  # midnight there was 7:00 UTC
        assert progress_of(cast.labeler).today == 1
    assert done_in_all(cast.labeler) == 3


def test_the_pace_is_the_median_by_kind(cast, at_noon):
    for active in (10, 20, 90):
        done(cast, at=NOON - timedelta(minutes=active), active=active)
    done(cast, at=NOON, active=500, kind="demonstrate")
    assert {(pace.kind, pace.seconds, pace.of) for pace in pace_of(cast.labeler)} == {
        ("rank", 20, 3),
        ("demonstrate", 500, 1),
    }


def test_a_pause_ends_a_stretch(cast, at_noon):
    done(cast, at=NOON - timedelta(minutes=40), active=60)
    done(cast, at=NOON - timedelta(minutes=6), active=200)
    done(cast, at=NOON - timedelta(minutes=2), active=60)
    assert stretch_of(cast.labeler, NOON) == timedelta(minutes=4, seconds=200)
    assert stretch_of(cast.labeler, NOON + timedelta(minutes=10)) == timedelta(0)


def test_events_within_a_long_task_keep_a_stretch_together(cast, monkeypatch):
    clock = [NOON]
    monkeypatch.setattr(timezone, "now", lambda: clock[0])
    make_rank_task(cast.project, k=2)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    Assignment.objects.filter(pk=assignment.pk).update(created_at=NOON)
    for number in range(6):
        clock[0] = NOON + timedelta(minutes=4 * (number + 1))
        activity_note(assignment=assignment, sent=parse_batch({"page": "p", "number": number, "events": [[0, "key"]]}))
    assert stretch_of(cast.labeler, clock[0]) == timedelta(minutes=24)


SIGNS = st.lists(st.integers(0, 20 * 3600).map(lambda seconds: NOON - timedelta(seconds=seconds)), max_size=40)


@given(signs=SIGNS)
def test_a_stretch_is_never_negative_and_never_longer_than_its_signs(signs):
    length = unbroken(signs, NOON)
    assert timedelta(0) <= length <= (max(signs) - min(signs) if signs else timedelta(0))


@given(signs=SIGNS, pause=st.integers(1, 3600))
def test_what_came_before_a_pause_does_not_count(signs, pause):
    recent = [sign for sign in signs if NOON - sign < LONGEST_STRETCH]
    older = min(recent, default=NOON) - PAUSE - timedelta(seconds=pause)
    assert unbroken([*recent, older], NOON) == unbroken(recent, NOON)


def test_nothing_done_is_nothing_told(cast):
    assert progress_of(cast.labeler).today == 0
    assert pace_of(cast.labeler) == []
    assert stretch_of(cast.labeler, timezone.now()) == timedelta(0)


def test_a_long_queue_is_counted_no_further_than_tells_enough(cast, monkeypatch):
    monkeypatch.setattr(queue_module, "COUNT_AT_MOST", 2)
    for _ in range(2):
        make_rank_task(cast.project, k=2)
    assert (queue_state(cast.labeler).available, queue_state(cast.labeler).more) == (2, False)
    make_rank_task(cast.project, k=2)
    assert (queue_state(cast.labeler).available, queue_state(cast.labeler).more) == (2, True)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (1, "1 s"), (89, "89 s"), (90, "2 min"), (3540, "59 min"), (3599, "1 h 0 min"),
        (3600, "1 h 0 min"), (3661, "1 h 1 min"), (7500, "2 h 5 min"),
    ],
)  # fmt: skip
def test_durations_as_people_say_them(seconds, said):
    assert duration(seconds) == said == duration(timedelta(seconds=seconds))
