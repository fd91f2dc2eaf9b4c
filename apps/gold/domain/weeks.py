"""Answers by the week in which they were given, so that a change shows."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from .scoring import Score
from .standing import Standing, standing_of


def week_of(moment: datetime) -> date:
    """The Monday of its week, UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def standing_by_week(answers: Iterable[tuple[datetime, Score]]) -> list[tuple[date, Standing]]:
    """Oldest first; weeks without an answer are left out."""
    ordered = sorted(answers, key=lambda one: one[0])
    weeks = [(week, [score for _, score in group]) for week, group in groupby(ordered, lambda one: week_of(one[0]))]
    return [(week, standing) for week, scores in weeks if (standing := standing_of(scores)) is not None]
