"""When a turn of the loop is due by itself, and the sentence that says why."""

from dataclasses import dataclass
from datetime import timedelta

COMPARISONS, HOURS = "comparisons", "hours"


@dataclass(frozen=True, slots=True)
class Turn:
    """The last turn, however it ended: the comparisons there were when it began, and how long ago that was."""

    comparisons_seen: int
    ago: timedelta


def due(
    *, every_comparisons: int | None, every_hours: int | None, comparisons: int, last: Turn | None
) -> tuple[str, str] | None:
    """The trigger and the reason, or None. A turn that failed counts as a start: it is not tried over and over."""
    new = comparisons - (last.comparisons_seen if last else 0)
    since = "since the last turn" if last else "and no turn yet"
    if every_comparisons and new >= every_comparisons:
        return COMPARISONS, f"{new:,} new comparisons {since} (the policy asks for {every_comparisons:,})."
    if every_hours and last is None:
        return HOURS, f"No turn yet (the policy asks for one {_every(every_hours)})."
    if every_hours and last and last.ago >= timedelta(hours=every_hours):
        ago = int(last.ago / timedelta(hours=1))
        return HOURS, f"The last turn began {_hours(ago)} ago (the policy asks for one {_every(every_hours)})."
    return None


def _hours(number: int) -> str:
    return f"{number:,} hour{'s' if number != 1 else ''}"


def _every(number: int) -> str:
    return "every hour" if number == 1 else f"every {_hours(number)}"
