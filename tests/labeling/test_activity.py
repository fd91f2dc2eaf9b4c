"""Active time: what the pure rule counts, whatever is sent to it, and what is stored of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.labeling.domain.activity import IDLE_AFTER, KINDS, MOST_EVENTS, Event, active_milliseconds, parse_batch
from apps.labeling.models import ActivityBatch, Assignment
from apps.labeling.services.activity import activity_note
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.leases import assignment_heartbeat, assignment_skip, draft_save
from tests.cast import Cast
from tests.make import make_rank_task

AGES = st.one_of(st.floats(-1e14, 1e14), st.integers(-(10**12), 10**12), st.integers(0, 200_000), st.floats(0, 100_000))
EVENTS = st.lists(st.builds(Event, AGES, st.sampled_from(KINDS)), max_size=60)
SEEN = st.lists(st.builds(Event, AGES, st.sampled_from([kind for kind in KINDS if kind != "hidden"])), max_size=60)
WINDOW = st.one_of(st.integers(0, 4_000_000), st.floats(0, 4_000_000))


def active(*events: tuple[int, str], since: int, seen: bool = False) -> float:
    return active_milliseconds([Event(*event) for event in events], since=since, seen=seen)


def test_time_between_events_counts():
    assert active((30_000, "open"), (20_000, "key"), (5_000, "place"), since=30_000) == 25_000


def test_silence_of_more_than_a_minute_counts_nothing():
    assert active((120_000, "open"), (59_000, "key"), since=120_000) == 0
    assert active((119_000, "open"), (59_000, "key"), since=120_000) == 60_000


def test_a_hidden_tab_counts_nothing():
    assert active((50_000, "open"), (40_000, "hidden"), (10_000, "visible"), (4_000, "key"), since=50_000) == 16_000


def test_the_silence_since_the_last_batch_counts_where_somebody_was_there():
    assert active((10_000, "key"), since=40_000, seen=True) == 30_000
    assert active((10_000, "key"), since=40_000, seen=False) == 0


def test_what_claims_to_be_older_than_the_window_is_moved_to_its_edge():
    """A clock set back, or a laptop that slept: never more than what passed on the server's clock."""
    assert active((9_000_000, "open"), (8_990_000, "key"), (0, "submit"), since=20_000) == 20_000
    assert active((-5_000, "key"), (-90_000, "key"), since=20_000, seen=True) == 20_000


@given(events=EVENTS, since=WINDOW, seen=st.booleans())
def test_never_less_than_nothing_nor_more_than_the_window(events, since, seen):
    assert 0 <= active_milliseconds(events, since=since, seen=seen) <= since


@given(events=EVENTS, since=WINDOW, seen=st.booleans(), random=st.randoms())
def test_the_order_of_delivery_does_not_matter(events, since, seen, random):
    shuffled = random.sample(events, len(events))
    assert active_milliseconds(shuffled, since=since, seen=seen) == active_milliseconds(events, since=since, seen=seen)


@given(events=SEEN, since=WINDOW, seen=st.booleans())
def test_telling_an_event_twice_adds_nothing(events, since, seen):
    assert active_milliseconds([*events, *events], since=since, seen=seen) == active_milliseconds(
        events, since=since, seen=seen
    )


@given(events=SEEN, more=SEEN, since=WINDOW)
def test_a_further_sign_of_life_never_takes_time_away(events, more, since):
    fewer = active_milliseconds(events, since=since)
    # Sums of other gaps round differently in the last place.
    assert active_milliseconds([*events, *more], since=since) >= fewer - 0.001


@given(events=EVENTS, since=st.integers(1, 4_000_000), cut=st.integers(0, 4_000_000))
def test_two_batches_count_no_more_than_the_time_they_span(events, since, cut):
    """The second counts from the last event of the first, so nothing is counted twice."""
    cut = min(cut, since)
    early = [event for event in events if event.age >= cut]
    late = [event for event in events if event.age < cut]
    last = min((max(0, min(event.age, since)) for event in early), default=since)
    total = active_milliseconds(early, since=since) + active_milliseconds(late, since=last)
    assert total <= since + 0.001


@given(gap=st.integers(IDLE_AFTER + 1, 10**9), events=st.integers(2, 20))
def test_idle_hours_are_no_work(gap, events):
    signs = [Event(gap * number, "key") for number in range(events)]
    assert active_milliseconds(signs, since=gap * events, seen=True) == 0


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ([], "activity"),
        ("x", "activity"),
        ({"page": "", "number": 0, "events": []}, "activity.page"),
        ({"page": "a b", "number": 0, "events": []}, "activity.page"),
        ({"page": "a" * 33, "number": 0, "events": []}, "activity.page"),
        ({"page": "a", "number": -1, "events": []}, "activity.number"),
        ({"page": "a", "number": True, "events": []}, "activity.number"),
        ({"page": "a", "number": 2**31, "events": []}, "activity.number"),
        ({"page": "a", "number": 1.5, "events": []}, "activity.number"),
        ({"page": "a", "number": 0}, "activity.events"),
        ({"page": "a", "number": 0, "events": [[0, "key"]] * (MOST_EVENTS + 1)}, "activity.events"),
        ({"page": "a", "number": 0, "events": [[0, "key"], [0]]}, "activity.events[1]"),
        ({"page": "a", "number": 0, "events": [[0, "sleep"]]}, "activity.events[0]"),
        ({"page": "a", "number": 0, "events": [["0", "key"]]}, "activity.events[0]"),
        ({"page": "a", "number": 0, "events": [[True, "key"]]}, "activity.events[0]"),
        ({"page": "a", "number": 0, "events": [[float("nan"), "key"]]}, "activity.events[0]"),
        ({"page": "a", "number": 0, "events": [[10**400, "key"]]}, "activity.events[0]"),
        ({"page": "a", "number": 0, "events": [[0, ["key"]]]}, "activity.events[0]"),
        ({"page": "a", "number": 0, "events": [[0, "key", "x"]]}, "activity.events[0]"),
        ({"page": "a", "number": 0, "events": [], "keys": "secret"}, "activity.keys"),
    ],
)
def test_what_is_malformed_is_refused_by_name(sent, field):
    with pytest.raises(RuleBroken) as refused:
        parse_batch(sent)
    assert refused.value.field == field
    assert refused.value.message.startswith(field)


# --- stored ----------------------------------------------------------------------------------------


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets so many seconds pass, and none of themselves."""
    began, passed = datetime.now(UTC), 0

    def pass_by(seconds: int) -> None:
        nonlocal passed
        passed += seconds

    monkeypatch.setattr(timezone, "now", lambda: began + timedelta(seconds=passed))
    return pass_by


@pytest.fixture
def leased(cast: Cast, later) -> Assignment:
    make_rank_task(cast.project, k=2)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    later(600)
    return assignment


def batch(number: int, *events: tuple[int, str], page: str = "page-1"):
    return parse_batch({"page": page, "number": number, "events": [list(event) for event in events]})


def test_batches_add_up_and_a_repeated_one_adds_nothing(leased, later):
    first = batch(0, (30_000, "open"), (10_000, "key"))
    assert activity_note(assignment=leased, sent=first).active_seconds == 20
    assert activity_note(assignment=leased, sent=first).active_seconds == 20
    later(30)
    later = activity_note(assignment=leased, sent=batch(1, (5_000, "rate"), (0, "place")))
    assert later.active_seconds == 20 + 40  # from the key, 40 s ago now, to the end
    assert ActivityBatch.objects.filter(assignment=leased).count() == 2


def test_two_tabs_never_count_a_minute_twice(leased):
    activity_note(assignment=leased, sent=batch(0, (40_000, "open"), (0, "key")))
    other = activity_note(assignment=leased, sent=batch(0, (40_000, "open"), (0, "key"), page="page-2"))
    assert other.active_seconds == 40


def test_events_are_kept_as_they_were_sent(leased):
    activity_note(assignment=leased, sent=batch(0, (30_000, "open"), (9_000, "paste", 120)))
    assert ActivityBatch.objects.get().events == [[30_000, "open"], [9_000, "paste", 120]]


def test_nothing_older_than_an_hour_is_claimed_at_once(leased, later):
    later(86_400)
    signs = [(second * 1000, "key") for second in range(0, 20_000, 40)]
    assert activity_note(assignment=leased, sent=batch(0, *signs)).active_seconds == 3600


def test_without_batches_signs_of_life_count(leased, later):
    assert assignment_heartbeat(assignment=leased).active_seconds == 0, "ten minutes of silence"
    later(20)
    assert assignment_heartbeat(assignment=leased).active_seconds == 20


def test_who_tells_events_is_not_counted_by_signs_of_life_too(leased, later):
    draft_save(assignment=leased, draft={}, revision=0, activity=batch(0, (9_000, "open"), (0, "key")))
    later(30)
    assert assignment_heartbeat(assignment=leased, activity=batch(1)).active_seconds == 9
    later(30)
    assert assignment_skip(assignment=leased, code="other").active_seconds == 9


def test_the_judgment_carries_its_active_time(leased):
    sent = batch(0, (30_000, "open"), (0, "submit"))
    done = judgment_submit(assignment=leased, body={"tiers": {"A": 1, "B": 2}}, activity=sent)
    assert done.judgment.active_seconds == 30
    activity_note(assignment=leased, sent=batch(1, (0, "key")))
    assert ActivityBatch.objects.count() == 1, "what is submitted gains nothing"
