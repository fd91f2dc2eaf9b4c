"""What a request says of the period to pay for."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

from apps.core.domain.errors import RuleBroken

from ..domain.period import Period, WrongPeriod, period

COLUMNS = (
    "pseudonym", "email", "from", "to", "zone", "judgments", "rankings", "ratings", "demonstrations", "surplus",
    "corrections", "active_seconds", "active_hours", "skipped", "skipped_seconds",
)  # fmt: skip


def period_of(given: Mapping[str, str]) -> Period:
    """`from`, `to`, `zone`; what is left out is this month, to today, where the reader is. Raises RuleBroken."""
    zone = zone_of(given.get("zone", ""))
    today = datetime.now(zone).date()
    first, last = given.get("from") or today.replace(day=1).isoformat(), given.get("to") or today.isoformat()
    try:
        return period(first, last, zone)
    except WrongPeriod as error:
        raise RuleBroken(f"{error.field}: {error}", field=error.field) from None


def zone_of(name: str) -> ZoneInfo:
    if not name:
        return ZoneInfo(timezone.get_current_timezone_name())
    if name not in available_timezones():
        raise RuleBroken("zone: a time zone such as UTC or Europe/Paris.", field="zone")
    return ZoneInfo(name)
