"""The page on why labelers disagree, and its tables as files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.domain.errors import NotFound
from apps.projects.access import Capability, may, member_for
from apps.projects.models import Membership
from apps.quality.shown import csv_answer, percent

from .models import DisagreementReport
from .selectors.examples import Shown, examples_shown
from .services.refresh import disagreement_now
from .tables import TABLES, table_of
from .words import CAUSES, STEP_NAMES, STEP_URLS, STEPS, explained, headline, settled, stands_out


@dataclass(frozen=True)
class Named:
    """A cause that is named: what it explains, what stands out, examples, and one next step with where it is done."""

    cause: str
    title: str
    text: str
    details: list[str]
    examples: list[Shown]
    marks: bool
    step: str
    step_name: str
    step_url: str


@login_required
def disagreement(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    report = disagreement_now(project=member.project)
    context: dict[str, Any] = {"member": member, "project": member.project, "report": report}
    if report:
        context |= _shown(report, member)
    return render(request, "causes/disagreement.html", context)


def _shown(report: DisagreementReport, member: Membership) -> dict[str, Any]:
    body, counts = report.body, report.body["counts"]
    return {
        "headline": headline(report),
        "settled": settled(body),
        "rate": percent(counts["opposite"] / counts["compared"]) if counts["compared"] else None,
        "retested": percent(counts["retests_same"] / counts["retests"]) if counts["retests"] else None,
        "named": [_named(one, body, member) for one in body["causes"] if one["named"]],
        **{name: table_of(name, body) for name in ("causes", "labelers") if body[name]},
    }


def _named(one: Mapping[str, Any], body: Mapping[str, Any], member: Membership) -> Named:
    cause, slug = one["cause"], member.project.slug
    return Named(
        cause, str(CAUSES[cause]), explained(one), stands_out(cause, body), examples_shown(one["examples"]),
        one["of"] == "marks", str(STEPS[cause]), str(STEP_NAMES[cause]),
        reverse(STEP_URLS[cause], args=[slug]) if may(member, Capability.MANAGE) else "",
    )  # fmt: skip


@login_required
def disagreement_table(request: HttpRequest, slug: str, cause_table: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    report = disagreement_now(project=member.project) if cause_table in TABLES else None
    if report is None:
        raise NotFound(_("There is no such table."))
    found = table_of(cause_table, report.body)
    return csv_answer(f"{slug}-disagreement-{cause_table}", found.columns, found.values)
