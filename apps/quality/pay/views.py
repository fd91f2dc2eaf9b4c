"""Hours and judgments for pay: a page and a file for managers."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from zoneinfo import available_timezones

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.core.domain.errors import RuleBroken
from apps.projects.access import Capability, member_for

from ..domain.period import Period
from ..selectors.pay import Worker, total_of, work_in
from ..shown import csv_answer
from .asked import COLUMNS, period_of


@login_required
def pay(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    given = {name: request.GET.get(name, "") for name in ("from", "to", "zone")}
    context: dict[str, Any] = {"member": member, "project": member.project}
    try:
        period = period_of(given)
    except RuleBroken as error:
        context |= {"wrong": error.message, "given": given, "zones": _zones("")}
        return render(request, "quality/pay.html", context, status=422)
    workers = work_in(member.project, period)
    asked = asked_of(period)
    context |= {
        "given": asked, "zones": _zones(asked["zone"]), "workers": workers, "total": total_of(workers), "query": urlencode(asked),
    }  # fmt: skip
    return render(request, "quality/pay.html", context)


@login_required
def pay_file(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    period = period_of({name: request.GET.get(name, "") for name in ("from", "to", "zone")})
    name = f"{slug}-pay-{period.first}-{period.last}"
    return csv_answer(name, list(COLUMNS), _rows(work_in(member.project, period), period))


def asked_of(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat(), "zone": period.zone.key}


def _rows(workers: list[Worker], period: Period) -> Iterator[list[Any]]:
    asked = asked_of(period)
    for one in workers:
        work = one.work
        yield [
            one.pseudonym, one.email, *asked.values(), work.judgments, work.rankings, work.ratings,
            work.demonstrations, work.surplus, work.corrections, work.active_seconds, round(work.hours, 4),
            work.skipped, work.skipped_seconds,
        ]  # fmt: skip


def _zones(chosen: str) -> list[str]:
    """The reader's own and UTC first."""
    first = dict.fromkeys(one for one in (chosen, timezone.get_current_timezone_name(), "UTC") if one)
    return [*first, *sorted(available_timezones() - set(first))]
