"""How a project gets on, glance by glance."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .errors import Forbidden, NotFound
from .transport import Transport


@dataclass(frozen=True)
class Glance:
    """`judgments` since the watch began, in all and by labeler; `queue` and `agreement` where your role sees them.

    A labeler's queue is their own; else it counts the tasks anybody may take, at most 200 (`more`: there are others).
    """

    at: datetime
    judgments: int
    labelers: dict[str, int]
    per_hour: float
    queue: dict[str, Any] | None
    agreement: dict[str, Any] | None

    def __str__(self) -> str:
        left = f", {self.queue['available']}{'+' * bool(self.queue['more'])} tasks to take" if self.queue else ""
        return f"{self.at:%H:%M:%S}  {self.judgments} new judgments by {len(self.labelers)} labelers, {self.per_hour:.0f}/h{left}"


def watched(calls: Transport, project: str, *, since: datetime | None, every: float) -> Iterator[Glance]:
    """A glance now and every `every` seconds. Only what is new is fetched."""
    began = mark = since or datetime.now(UTC)
    labelers, seen = Counter[str](), set[str]()
    while True:
        now, fresh = datetime.now(UTC), set[str]()
        for judgment in calls.pages(f"projects/{project}/judgments/", since=mark.isoformat(), standing=True):
            fresh.add(judgment["uid"])
            if judgment["uid"] not in seen:
                labelers[judgment["labeler"]["pseudonym"]] += 1
        seen, mark = fresh, max(mark, _moment_before(now))
        hours = max((now - began).total_seconds(), 1) / 3600
        yield Glance(
            now, labelers.total(), dict(labelers.most_common()), labelers.total() / hours,
            _queue(calls, project), _where_allowed(calls, f"projects/{project}/agreement/"),
        )  # fmt: skip
        calls.pause(every)


def _moment_before(now: datetime) -> datetime:
    """A minute is looked at twice: the server's clock is its own, and rows appear when they are committed."""
    return datetime.fromtimestamp(now.timestamp() - 60, UTC)


def _queue(calls: Transport, project: str) -> dict[str, Any] | None:
    page = _where_allowed(calls, f"projects/{project}/tasks/", free=True, limit=200)
    if page is None:
        return _where_allowed(calls, f"projects/{project}/queue/")
    return {"available": len(page["results"]), "more": page["next"] is not None}


def _where_allowed(calls: Transport, path: str, **params: Any) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = calls.get(path, **params)
    except (Forbidden, NotFound):
        return None
    return answer
