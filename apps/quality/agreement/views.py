"""The page on agreement, and its tables as files."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.domain.errors import NotFound
from apps.projects.access import Capability, member_for

from ..services.rounds import agreement_now
from ..shown import csv_answer
from .tables import TABLES, headline, table_of, tables_of


@login_required
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    report = agreement_now(project=member.project)
    context: dict[str, Any] = {"member": member, "project": member.project, "report": report}
    if report:
        context |= {"headline": headline(report.body), "tables": tables_of(report.body)}
    return render(request, "quality/agreement.html", context)


@login_required
def agreement_table(request: HttpRequest, slug: str, table: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    report = agreement_now(project=member.project)
    if table not in TABLES or report is None:
        raise NotFound(_("There is no such table."))
    found = table_of(table, report.body)
    return csv_answer(f"{slug}-{table}", found.columns, found.values)
