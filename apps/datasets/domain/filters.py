"""Which rows a snapshot takes, as the person asked for them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from apps.core.domain.errors import RuleBroken

SPLITS = ("train", "validation", "test")
_LICENCE = re.compile(r"(?:[a-z0-9][a-z0-9.-]{0,59})?", re.ASCII)
LIMIT_MAX = 2**31 - 1
COHORTS = ("training", "held-out")
ORIGINS = ("model", "member", "external")
TRACKS = ("collection", "evaluation")
TASK_PURPOSES = ("production", "adjudication")
_OF_ALL = ("split", "use_case", "language", "from", "to")
_OF_JUDGMENTS = (
    *_OF_ALL, "cohort", "labeler", "without_labeler", "guideline", "schema", "task_purpose", "imported",
    "min_active_seconds", "max_active_seconds", "include_surplus", "include_superseded",
)  # fmt: skip
_OF_CANDIDATES = (*_OF_JUDGMENTS, "origin", "model")
JUDGMENTS = ("raw", "aggregated", "adjudicated")
UNRESOLVED = ("leave_out", "raw")
# What can be asked of each kind of snapshot.
FILTERS = {
    "rankings": (*_OF_CANDIDATES, "judgments", "unresolved", "min_agreement"),
    "ratings": _OF_CANDIDATES,
    "demonstrations": _OF_JUDGMENTS,
    "prompts": (*_OF_ALL, "limit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFilter:
    """Empty means all. `begin` counts from its moment on, `end` up to but without its own.

    `guideline` names tracks, or versions of one (their number). Of the candidates of a judgment all must be of one of
    the origins in `origin`, and at least one by one of those in `model`. Who has no active seconds is of no length.
    `limit` takes so many prompts: first those that earlier limited snapshots took least often, so that each gets its
    turn, and of those the ones that models have answered least.

    `judgments`: raw, a line each; aggregated, a line a task made of all that are chosen; adjudicated, the ranking that an
    adjudicator gave. `unresolved` says what becomes of tasks without one. `min_agreement`: tasks that several labelers
    judged with less of it stay out; what one labeler judged alone has none, and stays.
    """

    split: tuple[str, ...] = ()
    use_case: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    cohort: tuple[str, ...] = ()
    labeler: tuple[str, ...] = ()
    without_labeler: tuple[str, ...] = ()
    guideline: tuple[tuple[str, int | None], ...] = ()
    schema: tuple[int, ...] = ()
    task_purpose: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    begin: datetime | None = None
    end: datetime | None = None
    imported: bool | None = None
    min_active_seconds: int | None = None
    max_active_seconds: int | None = None
    include_surplus: bool = True
    include_superseded: bool = False
    limit: int | None = None
    judgments: str = "raw"
    unresolved: str = "leave_out"
    min_agreement: float | None = None


def parse_filter(kind: str, value: Any) -> SnapshotFilter:
    """A filter object for a snapshot of `kind`. Raises RuleBroken that names the key."""
    if not isinstance(value, Mapping):
        raise RuleBroken("filter: an object is needed.", field="filter")
    known = FILTERS[kind]
    if unknown := set(value) - set(known):
        name = min(unknown)
        raise RuleBroken(
            f"filter.{name}: not a filter of {kind}; those are {', '.join(known)}.",
            field=f"filter.{name}", code="unknown_filter",
        )  # fmt: skip
    imported = value.get("imported")
    parsed = SnapshotFilter(
        split=_words(value, "split", SPLITS),
        use_case=_words(value, "use_case"),
        language=_words(value, "language"),
        cohort=_words(value, "cohort", COHORTS),
        labeler=_words(value, "labeler"),
        without_labeler=_words(value, "without_labeler"),
        guideline=_guidelines(value),
        schema=_numbers(value, "schema"),
        task_purpose=_words(value, "task_purpose", TASK_PURPOSES),
        origin=_words(value, "origin", ORIGINS),
        model=_words(value, "model"),
        begin=_moment(value, "from"),
        end=_moment(value, "to", day_after=True),
        imported=None if imported is None else _flag(value, "imported", False),
        min_active_seconds=_count(value, "min_active_seconds", least=0),
        max_active_seconds=_count(value, "max_active_seconds", least=0),
        include_surplus=_flag(value, "include_surplus", True),
        include_superseded=_flag(value, "include_superseded", False),
        limit=_count(value, "limit"),
        judgments=_one_of(value, "judgments", JUDGMENTS),
        unresolved=_one_of(value, "unresolved", UNRESOLVED),
        min_agreement=_share(value, "min_agreement"),
    )
    _refuse_empty_ranges(parsed)
    _refuse_contradictions(parsed, value)
    return parsed


def _refuse_empty_ranges(parsed: SnapshotFilter) -> None:
    if parsed.begin and parsed.end and parsed.begin >= parsed.end:
        raise RuleBroken("filter.to: it must be after filter.from.", field="filter.to")
    least, most = parsed.min_active_seconds, parsed.max_active_seconds
    if least is not None and most is not None and least > most:
        raise RuleBroken(
            "filter.max_active_seconds: it must not be below filter.min_active_seconds.",
            field="filter.max_active_seconds",
        )


def _refuse_contradictions(parsed: SnapshotFilter, value: Mapping[str, Any]) -> None:
    """One ranking a task, or how far labelers agree, is made of what each says now."""
    if value.get("unresolved") is not None and parsed.judgments != "adjudicated":
        raise RuleBroken(
            "filter.unresolved: it says what becomes of tasks without a resolution, so filter.judgments must be "
            "adjudicated.",
            field="filter.unresolved",
        )  # fmt: skip
    if parsed.include_superseded and (parsed.judgments != "raw" or parsed.min_agreement is not None):
        raise RuleBroken(
            "filter.include_superseded: judgments that were corrected go with neither aggregated nor adjudicated ones, nor "
            "with a minimum agreement: a labeler would be heard twice.",
            field="filter.include_superseded",
        )  # fmt: skip


def parse_licence(value: Any) -> str:
    """A licence as the Hugging Face Hub names them (`cc-by-4.0`, `other`), or none. Raises RuleBroken."""
    if not isinstance(value, str) or not _LICENCE.fullmatch(value):
        raise RuleBroken(
            "licence: a name like cc-by-4.0, apache-2.0 or other is needed: small letters, digits, dots and hyphens, "
            "60 at most.",
            field="licence",
        )
    return value


def told(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A filter as names and texts, for people."""
    return [
        (name, ", ".join(map(_told, given)) if isinstance(given, list) else _told(given))
        for name, given in sorted(value.items())
    ]


def _told(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


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


def _count(value: Mapping[str, Any], name: str, *, least: int = 1) -> int | None:
    given = value.get(name)
    if given is not None and not _whole(given, least):
        raise RuleBroken(
            f"filter.{name}: a whole number from {least} to {LIMIT_MAX} is needed.", field=f"filter.{name}"
        )
    return given


def _whole(given: Any, least: int = 1) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and least <= given <= LIMIT_MAX


def _one_of(value: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    """One of a few words; the first of them where nothing is said."""
    given = value.get(name)
    if given is None:
        return allowed[0]
    if given not in allowed:
        raise RuleBroken(f"filter.{name}: one of {', '.join(allowed)} is needed.", field=f"filter.{name}")
    return str(given)


def _share(value: Mapping[str, Any], name: str) -> float | None:
    given = value.get(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise RuleBroken(f"filter.{name}: a number from 0 to 1 is needed.", field=f"filter.{name}")
    return float(given)


def _numbers(value: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """A list of numbers from 1; a single one counts as a list of one."""
    given = value.get(name)
    if given is None:
        return ()
    numbers = given if isinstance(given, list) else [given]
    if not numbers or not all(_whole(number) for number in numbers):
        raise RuleBroken(
            f"filter.{name}: a number or a list of numbers from 1 to {LIMIT_MAX} is needed.", field=f"filter.{name}"
        )
    return tuple(sorted(set(numbers)))


def _guidelines(value: Mapping[str, Any]) -> tuple[tuple[str, int | None], ...]:
    """Tracks (`collection`) and versions (`collection/2`)."""
    found: list[tuple[str, int | None]] = []
    for word in _words(value, "guideline"):
        track, slash, number = word.partition("/")
        if track not in TRACKS or (slash and not (number.isascii() and number.isdecimal() and len(number) < 9)):
            raise RuleBroken(
                f"filter.guideline: {word!r} is neither a track ({', '.join(TRACKS)}) nor a version like collection/2.",
                field="filter.guideline",
            )
        found.append((track, int(number) if slash else None))
    return tuple(found)


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
