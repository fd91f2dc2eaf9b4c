"""Which rows a snapshot takes, as the person asked for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from apps.core.domain.errors import RuleBroken

SPLITS = ("train", "validation", "test")
LIMIT_MAX = 2**31 - 1
COHORTS = ("training", "held-out")
_OF_PROMPTS = ("split", "use_case", "from", "to")
_OF_PROMPTS_ALONE = (*_OF_PROMPTS, "limit")
_OF_JUDGMENTS = (*_OF_PROMPTS, "cohort", "labeler", "imported", "include_surplus", "include_superseded")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFilter:
    """Empty means all. `begin` counts from its moment on, `end` up to but without its own.

    `limit` takes so many prompts: first those that earlier limited snapshots took least often, so that each gets its
    turn, and of those the ones that models have answered least.
    """

    split: tuple[str, ...] = ()
    use_case: tuple[str, ...] = ()
    cohort: tuple[str, ...] = ()
    labeler: tuple[str, ...] = ()
    begin: datetime | None = None
    end: datetime | None = None
    imported: bool | None = None
    include_surplus: bool = True
    include_superseded: bool = False
    limit: int | None = None


def parse_filter(kind: str, value: Any) -> SnapshotFilter:
    """A filter object for a snapshot of `kind`. Raises RuleBroken that names the key."""
    if not isinstance(value, Mapping):
        raise RuleBroken("filter: an object is needed.", field="filter")
    known = _OF_PROMPTS_ALONE if kind == "prompts" else _OF_JUDGMENTS
    if unknown := set(value) - set(known):
        name = min(unknown)
        raise RuleBroken(
            f"filter.{name}: not a filter of {kind}; those are {', '.join(known)}.",
            field=f"filter.{name}", code="unknown_filter",
        )  # fmt: skip
    imported = value.get("imported")
    return SnapshotFilter(
        split=_words(value, "split", SPLITS),
        use_case=_words(value, "use_case"),
        cohort=_words(value, "cohort", COHORTS),
        labeler=_words(value, "labeler"),
        begin=_moment(value, "from"),
        end=_moment(value, "to", day_after=True),
        imported=None if imported is None else _flag(value, "imported", False),
        include_surplus=_flag(value, "include_surplus", True),
        include_superseded=_flag(value, "include_superseded", False),
        limit=_count(value, "limit"),
    )


def _words(value: Mapping[str, Any], name: str, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A list of texts; a single text counts as a list of one."""
    given = value.get(name)
    words = [given] if isinstance(given, str) else given
    if words is None:
        return ()
    if not isinstance(words, list) or not words or not all(_storable(word) for word in words):
        raise RuleBroken(f"filter.{name}: a text or a list of texts is needed.", field=f"filter.{name}")
    for word in words:
        if allowed and word not in allowed:
            raise RuleBroken(f"filter.{name}: {word!r} is not one of {', '.join(allowed)}.", field=f"filter.{name}")
    return tuple(sorted(set(words)))


def _storable(word: Any) -> bool:
    """A text that PostgreSQL can be asked for: no NUL, no half character."""
    return isinstance(word, str) and "\x00" not in word and word == word.encode(errors="ignore").decode()


def _flag(value: Mapping[str, Any], name: str, default: bool) -> bool:
    given = value.get(name, default)
    if not isinstance(given, bool):
        raise RuleBroken(f"filter.{name}: true or false is needed.", field=f"filter.{name}")
    return given


def _count(value: Mapping[str, Any], name: str) -> int | None:
    given = value.get(name)
    if given is not None and (isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= LIMIT_MAX):
        raise RuleBroken(f"filter.{name}: a whole number from 1 to {LIMIT_MAX} is needed.", field=f"filter.{name}")
    return given


def _moment(value: Mapping[str, Any], name: str, *, day_after: bool = False) -> datetime | None:
    """A date (a whole day, UTC) or a date and time."""
    given = value.get(name)
    if given is None:
        return None
    try:
        if len(given) == 10:
            day = date.fromisoformat(given) + timedelta(days=day_after)
            return datetime.combine(day, time(), UTC)
        moment = datetime.fromisoformat(given)
        # Here, where a moment before the year 1 or after 9999 is still a mistake in the filter.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise RuleBroken(
            f"filter.{name}: a date like 2026-11-21 or a time like 2026-11-21T08:00:00Z is needed.",
            field=f"filter.{name}",
        ) from error
