"""One screen: can I train on this today, and if not, what is missing?"""

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
from apps.quality.shown import csv_answer

from .domain.checks import Check, Standing, readiness
from .services.kept import Counted, facts_now
from .words import NAMES, STANDINGS, STEPS, VERDICTS, sentence


@dataclass(frozen=True)
class Line:
    """A check as it is shown, and where to go on: no URL where the reader may not."""

    name: str
    text: str
    url: str
    link: str


@dataclass(frozen=True)
class Group:
    """The checks of one standing."""

    standing: str
    title: str
    lines: list[Line]


@login_required
def readiness_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    counted = facts_now(project=member.project)
    context: dict[str, Any] = {"member": member, "project": member.project, "counted": counted}
    return render(request, "readiness/readiness.html", context | _shown(counted, member) if counted else context)


def _shown(counted: Counted, member: Membership) -> dict[str, Any]:
    found = readiness(counted.gathered.facts)
    groups = [
        Group(
            standing, str(STANDINGS[standing]),
            [_line(check, counted.gathered.habits, member) for check in found.having(standing)],
        )
        for standing in Standing
    ]  # fmt: skip
    return {
        "verdict": found.verdict, "answer": VERDICTS[found.verdict], "groups": [group for group in groups if group.lines],
    }  # fmt: skip


@login_required
def readiness_file(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    counted = facts_now(project=member.project)
    if counted is None:
        raise NotFound(_("This project is being counted for the first time. Ask again in a while."))
    rows = [
        [check.name, check.standing.value, sentence(check, counted.gathered.habits)]
        for check in readiness(counted.gathered.facts).checks
    ]
    return csv_answer(f"{member.project.slug}-readiness", ["check", "standing", "said"], rows)


def _line(check: Check, habits: list[str], member: Membership) -> Line:
    where, link, capability = STEPS[check.name]
    url = reverse(where, args=[member.project.slug]) if may(member, capability) else ""
    return Line(str(NAMES[check.name]), sentence(check, habits), url, str(link))
