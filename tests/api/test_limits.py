"""A runaway program is told to wait, and how long; nobody else notices."""

import pytest

from apps.core import limits
from tests.api.calls import claim
from tests.api.client import Caller
from tests.cast import Cast
from tests.make import make_rank_task


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def empty_buckets(monkeypatch):
    """They fill by a clock that stands still."""
    monkeypatch.setattr(limits._buckets, "_clock", Clock())
    limits.clear()
    yield
    limits.clear()


def test_a_bucket_holds_a_minute_and_fills_evenly():
    clock = Clock()
    buckets = limits.Buckets(clock)
    assert [buckets.take(1, "read", 3).remaining for _ in range(3)] == [2, 1, 0]
    refused = buckets.take(1, "read", 3)
    assert (refused.remaining, refused.wait) == (0, 20)
    assert buckets.take(2, "read", 3).wait is None  # another person
    assert buckets.take(1, "write", 3).wait is None  # another group
    clock.now += 19.5
    assert buckets.take(1, "read", 3).wait == 1
    clock.now += 0.6
    assert buckets.take(1, "read", 3).wait is None
    clock.now += 1_000
    assert buckets.take(1, "read", 3).remaining == 2  # never more than a minute's worth


def test_full_buckets_are_dropped(monkeypatch):
    monkeypatch.setattr(limits, "BUCKETS_KEPT", 10)
    clock = Clock()
    buckets = limits.Buckets(clock)
    for user in range(10):
        buckets.take(user, "read", 5)
    clock.now += 61
    buckets.take(99, "read", 5)
    assert len(buckets._buckets) == 1


def test_too_many_calls_are_answered_429_with_the_seconds(cast: Cast, manager: Caller, labeler: Caller, settings):
    settings.RATE_LIMITS = {"read": 2, "write": 1, "hot": 1}
    first = manager.get("projects/clinic/")
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("2", "1")
    assert manager.get("projects/").headers["X-RateLimit-Remaining"] == "0"
    refused = manager.get("projects/clinic/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert refused.headers["Retry-After"] == "30"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert manager.post("projects/clinic/tasks/", {}).status_code == 422  # writing has a bucket of its own
    assert manager.post("projects/clinic/tasks/", {}).status_code == 429
    assert labeler.get("projects/").status_code == 200


def test_the_hot_verbs_have_a_bucket_of_their_own(cast: Cast, labeler: Caller, settings):
    settings.RATE_LIMITS = {"read": 1, "write": 1, "hot": 2}
    claims = [labeler.post("projects/clinic/assignments/", {"kind": "rank"}) for _ in range(3)]
    assert [claim.status_code for claim in claims] == [204, 204, 429]
    assert claims[0].headers["X-RateLimit-Limit"] == "2"
    assert claims[2].headers["Retry-After"] == "30"


@pytest.mark.parametrize("call", ["draft", "heartbeat", "skip", "release", "corrections"])
def test_whatever_a_labeler_does_at_work_is_hot(cast: Cast, labeler: Caller, settings, call: str):
    make_rank_task(cast.project)
    uid = claim(labeler)["uid"]
    settings.RATE_LIMITS = {"read": 1, "write": 1, "hot": 50}
    assert labeler.post(f"assignments/{uid}/{call}/").headers["X-RateLimit-Limit"] == "50"


def test_zero_is_no_limit_and_no_header(cast: Cast, manager: Caller, settings):
    settings.RATE_LIMITS = {"read": 0, "write": 0, "hot": 0}
    assert "X-RateLimit-Limit" not in manager.get("projects/").headers
    assert limits.take(1, "hot") is None
