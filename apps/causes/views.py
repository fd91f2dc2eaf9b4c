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
from .selectors.places import RuleFound, rules_for, rules_settled
from .services.refresh import disagreement_now
from .tables import TABLES, table_of
from .words import (
    CAUSES,
    STEP_NAMES,
    STEP_URLS,
    STEPS,
    explained,
    headline,
    place_name,
    place_numbers,
    settled,
    stands_out,
)


@dataclass(frozen=True)
class Place:
    """Where the guideline is unclear: how much, examples, and the rule that stands there."""

    name: str
    numbers: str
    examples: list[Shown]
    marks: bool
    rule: RuleFound | None


@dataclass(frozen=True)
class Named:
    """A cause that is named: what it explains, what stands out, examples, and one next step with where it is done."""

    cause: str
    title: str
    text: str
    details: list[str]
    places: list[Place]
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
        "rules_settled": rules_settled(member.project),
        "manages": may(member, Capability.MANAGE),
        **{name: table_of(name, body) for name in ("causes", "labelers") if body[name]},
    }


def _named(one: Mapping[str, Any], body: Mapping[str, Any], member: Membership) -> Named:
    cause, slug = one["cause"], member.project.slug
    places = _places(body, member) if cause == "guideline" else []
    return Named(
        cause, str(CAUSES[cause]), explained(one, body), stands_out(cause, body), places,
        [] if places else examples_shown(one["examples"]), one["of"] == "marks", str(STEPS[cause]), str(STEP_NAMES[cause]),
        reverse(STEP_URLS[cause], args=[slug]) if may(member, Capability.MANAGE) else "",
    )  # fmt: skip


def _places(body: Mapping[str, Any], member: Membership) -> list[Place]:
    found = body.get("places", [])  # a report that was kept by an older version has none
    return [
        Place(place_name(one), place_numbers(one), examples_shown(one["examples"]), one["kind"] == "field", rule)
        for one, rule in zip(found, rules_for(member.project, found), strict=True)
    ]


@login_required
def disagreement_table(request: HttpRequest, slug: str, cause_table: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    report = disagreement_now(project=member.project) if cause_table in TABLES else None
    if report is None:
        raise NotFound(_("There is no such table."))
    found = table_of(cause_table, report.body)
    return csv_answer(f"{slug}-disagreement-{cause_table}", found.columns, found.values)
