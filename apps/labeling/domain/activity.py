"""From what hands did to active time.

An event is `[age, kind]` or `[age, kind, number]`: how many milliseconds before the batch was sent it happened. Ages
rather than times, so that a wrong clock does no harm; and whatever ages arrive, no batch says more than the time that
passed on the server's own clock since the one before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from apps.core.domain.errors import RuleBroken

# A longer silence than this between two signs of life is not counted as work.
IDLE_AFTER = 60_000
KINDS = (
    "open", "key", "pointer", "scroll", "visible", "hidden", "step", "place", "rate", "compare", "unfold", "paste",
    "write", "submit",
)  # fmt: skip
MOST_EVENTS = 500
_PAGE = re.compile(r"[A-Za-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True)
class Event:
    age: float
    kind: str
    number: float | None = None

    def as_sent(self) -> list[Any]:
        return [self.age, self.kind] if self.number is None else [self.age, self.kind, self.number]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one opening of the room (`page`) tells in its `number`th batch. Without events it only says that this
    client counts by events."""

    page: str
    number: int
    events: tuple[Event, ...]


def parse_batch(sent: Any) -> Batch:
    """Raises RuleBroken, naming the field and the rule, where `sent` is not a batch."""
    if not isinstance(sent, dict):
        raise _broken("activity", "an object with page, number and events")
    if unknown := set(map(str, sent)) - {"page", "number", "events"}:
        raise _broken(f"activity.{min(unknown)[:40]}", "not a part of it; those are page, number and events")
    page, number, events = sent.get("page"), sent.get("number"), sent.get("events")
    if not isinstance(page, str) or not _PAGE.fullmatch(page):
        raise _broken("activity.page", "1 to 32 letters, digits or hyphens")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**31:
        raise _broken("activity.number", "a whole number from 0")
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise _broken("activity.events", f"a list of at most {MOST_EVENTS} events")
    return Batch(page, number, tuple(_event(event, f"activity.events[{at}]") for at, event in enumerate(events)))


def _event(sent: Any, where: str) -> Event:
    if not isinstance(sent, list) or len(sent) not in (2, 3):
        raise _broken(where, "[age in milliseconds, kind] or [age, kind, number]")
    if not all(_is_number(part) for part in (sent[0], *sent[2:])):
        raise _broken(where, "its age and its number are finite numbers")
    if sent[1] not in KINDS:
        raise _broken(where, f"its kind is one of {', '.join(KINDS)}")
    return Event(*sent)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 and isfinite(value)


def _broken(field: str, rule: str) -> RuleBroken:
    return RuleBroken(f"{field}: {rule}.", field=field)


def active_milliseconds(events: Sequence[Event], *, since: float, seen: bool = True) -> float:
    """How much of the last `since` milliseconds was work: never less than 0, never more than `since`.

    `seen` says that something was known to happen `since` milliseconds ago, so that the silence from then to the first
    event may count. A silence of more than a minute counts nothing, nor does the time that a tab is hidden. Events may
    come in any order; what claims to be older than the window, or to be yet to come, is moved to its edge.
    """
    since = max(0.0, since)
    moments = sorted((min(max(0.0, since - event.age), since), event.kind == "hidden") for event in events)
    total, last, working = 0.0, 0.0, seen
    for moment, hides in moments:
        gap = moment - last
        if working and gap <= IDLE_AFTER:
            total += gap
        last, working = moment, not hides
    return min(total, since)
