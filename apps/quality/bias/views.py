"""The page of the bias reports, its tables as files, and what a project asks labelers about themselves."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.domain.errors import NotFound, RuleBroken
from apps.core.htmx import go
from apps.projects.access import Capability, member_for

from ..domain.volunteers import questions_text
from ..selectors.volunteers import groups_of, questions_of
from ..services.rounds import bias_now
from ..services.volunteers import questions_set
from ..shown import csv_answer
from .parts import GROUPS, groups_part, groups_table, parts_of
from .tables import TABLES, table_of


@login_required
def bias(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    report = bias_now(project=member.project)
    context: dict[str, Any] = {"member": member, "project": member.project, "report": report}
    if report:
        parts = [*parts_of(report.body), groups_part(groups_of(member.project))]
        context |= {"parts": parts, "telling": [part for part in parts if part.warnings]}
    return render(request, "quality/bias.html", context)


@login_required
def bias_table(request: HttpRequest, slug: str, part: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    if part == GROUPS:
        found = groups_table(groups_of(member.project))
    else:
        report = bias_now(project=member.project) if part in TABLES else None
        if report is None:
            raise NotFound(_("There is no such table."))
        found = table_of(part, report.body)
    return csv_answer(f"{slug}-bias-{part}", found.columns, found.values)


@login_required
def volunteer_questions(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    text, wrong = questions_text(questions_of(member.project)), ""
    if request.method == "POST":
        text = request.POST.get("questions", "")
        try:
            questions_set(actor=member.user, project=member.project, text=text)
        except RuleBroken as error:
            wrong = error.message
        else:
            messages.success(request, _("Saved. Labelers find the questions on their own page."))
            return go(request, "quality:volunteer-questions", slug)
    context = {"member": member, "project": member.project, "text": text, "wrong": wrong}
    return render(request, "quality/volunteer_questions.html", context, status=422 if wrong else 200)
