"""How a labeler gets on: the day, one's own pace, and the stretch since the last pause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from apps.projects.models import Membership

from ..models import ActivityBatch, Assignment

PACE_OF_LAST = 50
# A longer time without a sign of life ends a stretch of work.
PAUSE = timedelta(minutes=5)
# Nobody's stretch begins before that; and it bounds what is read.
LONGEST_STRETCH = timedelta(hours=12)
_LOOKED_AT = 300


@dataclass(frozen=True, slots=True)
class Progress:
    """Tasks judged since midnight where the labeler is (UTC where that is not known), and the active time in them."""

    today: int
    active_seconds: int


def progress_of(member: Membership) -> Progress:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    day = _done(member).filter(seen_at__gte=midnight).aggregate(today=Count("*"), active=Sum("active_seconds"))
    return Progress(today=day["today"], active_seconds=day["active"] or 0)


def done_in_all(member: Membership) -> int:
    return _done(member).count()


@dataclass(frozen=True, slots=True)
class Pace:
    """The median active time of the last `of` tasks of a kind."""

    kind: str
    seconds: float
    of: int


def pace_of(member: Membership) -> list[Pace]:
    """One's own pace by kind. Looks at the last few hundred tasks, whatever their kind."""
    seconds: dict[str, list[int]] = {}
    for kind, active in _done(member).order_by("-seen_at").values_list("task__kind", "active_seconds")[:_LOOKED_AT]:
        if len(own := seconds.setdefault(kind, [])) < PACE_OF_LAST:
            own.append(active)
    return [Pace(kind, median(own), len(own)) for kind, own in seconds.items()]


def stretch_of(member: Membership, now: datetime) -> timedelta:
    """How long `member` has worked without a pause, up to the last sign of life; nothing when that is a pause ago."""
    since = now - LONGEST_STRETCH
    recent = Assignment.objects.filter(membership=member, seen_at__gte=since)
    signs = [sign for row in recent.values_list("created_at", "seen_at") for sign in row]
    told = ActivityBatch.objects.filter(assignment__in=recent.values("pk"), received_at__gte=since)
    signs += told.values_list("received_at", flat=True)
    return unbroken((sign for sign in signs if sign >= since), now)


def unbroken(signs: Iterable[datetime], now: datetime) -> timedelta:
    """From the first to the last of the signs of life that follow each other without a pause, back from `now`."""
    last = first = now
    for sign in sorted(signs, reverse=True):
        if first - sign > PAUSE:
            break
        last, first = (sign if first is now else last), sign
    return last - first


def _done(member: Membership) -> QuerySet[Assignment]:
    return Assignment.objects.filter(membership=member, state=Assignment.State.SUBMITTED)
