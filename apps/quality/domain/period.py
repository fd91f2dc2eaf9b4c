"""A period of whole days where somebody is: what pay is counted over."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class WrongPeriod(ValueError):
    """`field` is the name of the value that is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Period:
    """From the first moment of the first day to the last of the last one."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.first, time.min, self.zone)

    @property
    def ends(self) -> datetime:
        """The first moment that is not in it."""
        return datetime.combine(self.last + timedelta(days=1), time.min, self.zone)


def period(first: str, last: str, zone: ZoneInfo) -> Period:
    """Raises WrongPeriod, which names the field and the rule."""
    begins, ends = _day("from", first), _day("to", last)
    if ends < begins:
        raise WrongPeriod("to", "it must not be before from.")
    return Period(begins, ends, zone)


def _day(field: str, given: str) -> date:
    sentence = "a day such as 2026-11-21, from 2000 on."
    if not _DAY.fullmatch(given):
        raise WrongPeriod(field, sentence)
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise WrongPeriod(field, sentence) from None
    if not 2000 <= day.year <= 9000:
        raise WrongPeriod(field, sentence)
    return day
