"""How often one person may call the API: token buckets in the memory of each web process.

They keep one runaway program from taking a process from everybody else; they are no accounting. So there is no broker
behind them, and an installation of four web processes lets through four times the numbers of the settings.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

MINUTE = 60.0
# Above so many buckets those that are full again are dropped: they say nothing.
BUCKETS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket said of one call. `wait`: seconds until the next may come, None where this one may."""

    limit: int
    remaining: int
    wait: int | None


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """A bucket for each person and group of calls: it holds a minute's worth and fills up evenly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[Any, str], _Bucket] = {}

    def take(self, user_id: Any, group: str, limit: int) -> Verdict:
        """One call of `user_id` in `group`, of which `limit` may come a minute."""
        now, rate = self._clock(), limit / MINUTE
        with self._lock:
            bucket = self._buckets.setdefault((user_id, group), _Bucket(float(limit), now))
            bucket.tokens = min(float(limit), bucket.tokens + (now - bucket.at) * rate)
            bucket.at = now
            if len(self._buckets) > BUCKETS_KEPT:
                self._drop_full(now)
            if bucket.tokens < 1:
                return Verdict(limit, 0, math.ceil((1 - bucket.tokens) / rate))
            bucket.tokens -= 1
            return Verdict(limit, int(bucket.tokens), None)

    def _drop_full(self, now: float) -> None:
        """Whoever has not called for a minute has a full bucket again."""
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < MINUTE}

    def clear(self) -> None:
        with self._lock:
            self._buckets.clear()


_buckets = Buckets()
clear = _buckets.clear


def take(user_id: Any, group: str) -> Verdict | None:
    """What the bucket of `group` (read, write or hot) says of a call by `user_id`; None where nothing is limited."""
    limit = settings.RATE_LIMITS[group]
    return _buckets.take(user_id, group, limit) if limit else None


def headers_of(verdict: Verdict) -> dict[str, str]:
    return {"X-RateLimit-Limit": str(verdict.limit), "X-RateLimit-Remaining": str(verdict.remaining)}


class PersonThrottle(BaseThrottle):
    """The buckets as DRF asks them. A view may name its group (`rate_group`); else reading and writing are two."""

    _wait: int | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.user is None or request.user.pk is None:
            return True  # signing in has a limit of its own
        group = getattr(view, "rate_group", None) or (
            "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write"
        )
        verdict = take(request.user.pk, group)
        if verdict is None:
            return True
        request._request.api_rate = verdict  # type: ignore[attr-defined]
        self._wait = verdict.wait
        return verdict.wait is None

    def wait(self) -> float | None:
        return self._wait
