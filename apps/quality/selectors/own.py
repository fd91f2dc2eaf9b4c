"""What a labeler's own page says: of nobody else, but for an aggregate that nobody can be read out of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.feedback.models import Question, Report
from apps.labeling.models import ActivityBatch, Assignment, Judgment
from apps.projects.models import GuidelineAcknowledgement, Membership

from ..models import AgreementReport, Volunteered

DAYS, WEEKS = 14, 12
# Behind the number of agreement stand at least so many other people and common tasks; and it moves in steps, so that no
# single answer of anybody can be told from it.
LEAST_OTHERS, LEAST_TASKS, STEP = 3, 30, 5
# Occasions are told in whole tens: gold and retests are none, so an exact number would tell them by standing still.
TENS = 10
# Ties are spoken of where a labeler's share differs so much from that of others, on the same tasks.
MUCH = 0.2


@dataclass(frozen=True, slots=True)
class Span:
    """Work in a day, or in the week that begins with it."""

    begins: date
    judgments: int
    seconds: int

    @property
    def hours(self) -> float:
        return self.seconds / 3600


def days_of(member: Membership) -> list[Span]:
    """The last two weeks, where the labeler is, as far as they were there; today first."""
    today = timezone.localdate()
    worked = _worked(member, today - timedelta(days=DAYS - 1))
    days = [today - timedelta(days=back) for back in range(DAYS)]
    return [_sum(day, worked, 1) for day in days if day >= _first_day(member)]


def weeks_of(member: Membership) -> list[Span]:
    """The last weeks, from Monday on, as far as the labeler was there; this week first."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    worked = _worked(member, monday - timedelta(weeks=WEEKS - 1))
    weeks = [monday - timedelta(weeks=back) for back in range(WEEKS)]
    return [_sum(day, worked, 7) for day in weeks if day + timedelta(days=6) >= _first_day(member)]


def _first_day(member: Membership) -> date:
    return timezone.localtime(member.created_at).date()


def _worked(member: Membership, since: date) -> dict[date, tuple[int, int]]:
    begins = timezone.make_aware(datetime.combine(since, time.min))
    found = Assignment.objects.filter(membership=member, state=Assignment.State.SUBMITTED, seen_at__gte=begins)
    rows: Iterable[Any] = (
        found.order_by()
        .annotate(day=TruncDate("seen_at", tzinfo=timezone.get_current_timezone()))
        .values_list("day")
        .annotate(Count("pk"), Sum("active_seconds"))
    )
    return {day: (judgments, seconds or 0) for day, judgments, seconds in rows}


def _sum(begins: date, worked: dict[date, tuple[int, int]], days: int) -> Span:
    found = [worked.get(begins + timedelta(days=number), (0, 0)) for number in range(days)]
    return Span(begins, sum(one for one, _ in found), sum(seconds for _, seconds in found))


@dataclass(frozen=True, slots=True)
class WithOthers:
    """In steps of five points: the share of pairs said alike, and the shares called a tie by the labeler and by others.
    `tasks`: at least so many."""

    alike: int
    own_ties: int
    others_ties: int
    others: int
    tasks: int

    @property
    def ties(self) -> str:
        """`more`, `fewer` or nothing worth a word."""
        if self.own_ties - self.others_ties >= 100 * MUCH:
            return "more"
        return "fewer" if self.others_ties - self.own_ties >= 100 * MUCH else ""


def with_others(member: Membership) -> WithOthers | None:
    """None where too few people or tasks stand behind it."""
    found = AgreementReport.objects.filter(project=member.project).values_list("body__labelers", flat=True).first()
    own = next((one for one in found or () if one["labeler"] == member.pseudonym), None)
    if own is None or own["labelers"] - 1 < LEAST_OTHERS or own["meetings"] < LEAST_TASKS:
        return None
    alike, pairs = own["statistics"]["agreement"]["value"], own["pairs"]
    return WithOthers(
        _step(alike),
        _step(own["tied"] / pairs),
        _step(own["tied_by_second"] / pairs),
        own["labelers"] - 1,
        own["meetings"] // TENS * TENS,
    )


def _step(share: float) -> int:
    return STEP * round(100 * share / STEP)


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of what is kept about a labeler in this project."""

    judgments: int
    corrections: int
    skipped: int
    batches: int
    questions: int
    reports: int
    read: int
    volunteered: bool


def kept_about(member: Membership) -> Kept:
    own = Judgment.objects.filter(assignment__membership=member)
    return Kept(
        judgments=own.filter(supersedes=None).count(),
        corrections=own.exclude(supersedes=None).count(),
        skipped=Assignment.objects.filter(membership=member, state=Assignment.State.SKIPPED).count(),
        batches=ActivityBatch.objects.filter(assignment__membership=member).count(),
        questions=Question.objects.filter(member=member).count(),
        reports=Report.objects.filter(member=member).count(),
        read=GuidelineAcknowledgement.objects.filter(membership=member).count(),
        volunteered=Volunteered.objects.filter(membership=member).exists(),
    )
