"""Candidates by pseudonym with their scores, one of them with the decision, and blind grading."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apps.core.domain.errors import DomainError, RuleBroken
from apps.core.htmx import go
from apps.projects.access import Capability, member_for, require
from apps.projects.models import Membership
from apps.quality.shown import csv_answer

from ..domain.exam import exam_of
from ..forms import DecisionForm
from ..models import Decision
from ..selectors.results import (
    Candidate,
    attempt_named,
    attempts_to_decide,
    blind_items,
    candidates,
    demonstration_named,
    left_to_grade,
    researchers_agree,
)
from ..services.decisions import attempt_decide
from ..services.grades import grade_give
from ..tables import ANSWER_COLUMNS, COLUMNS, answer_cells, answer_rows, csv_row, flag_rows, row_of
from ..words import PART_NAMES, skill_of, told

A_PAGE = 50


@login_required
def results(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    page = Paginator(attempts_to_decide(member.project), A_PAGE).get_page(request.GET.get("page"))
    found = candidates(list(page.object_list))
    newest = found[0].exam if found else None
    context = {
        "member": member, "project": member.project, "page": page, "rows": [row_of(one) for one in found],
        "parts": PART_NAMES, "waiting": left_to_grade(member).count(),
        "researchers": told("rankings", researchers_agree(newest).with_ties) if newest else None,
    }  # fmt: skip
    return render(request, "screening/results.html", context)


@login_required
def results_file(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    rows = (csv_row(one) for one in candidates(list(attempts_to_decide(member.project))))
    return csv_answer(f"{slug}-candidates", list(COLUMNS), rows)


@never_cache
@login_required
def answers_file(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """The answers of one attempt; replies as the page has them."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    attempt = attempt_named(member.project, uid)
    [found] = candidates([attempt])
    rows = answer_rows(found, blind_items(member, attempt)) if attempt.submitted_at else ()
    return csv_answer(f"{slug}-{found.pseudonym}-answers", list(ANSWER_COLUMNS), map(answer_cells, rows))


@never_cache
@login_required
def candidate(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """One attempt with its answers beside the keys; POST decides, which a manager alone may."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    attempt = attempt_named(member.project, uid)
    if request.method == "POST":
        require(member, Capability.MANAGE)
    [found] = candidates([attempt])
    form = _decision_form(request, found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            done = attempt_decide(
                actor=member, attempt=attempt, outcome=data["outcome"], reason=data["reason"],
                skills=data.get("skills", []), seen=data["seen"],
            )  # fmt: skip
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Recorded: %(outcome)s.") % {"outcome": done.decision.get_outcome_display()})
            return go(request, "screening:candidate", slug, uid)
    return render(request, "screening/candidate.html", _shown(member, found, form), status=422 if form.errors else 200)


def _decision_form(request: HttpRequest, found: Candidate) -> DecisionForm:
    skills = [(skill_of(topic), topic) for topic in found.topics]
    seen = found.decision.number if found.decision else 0
    data = request.POST if request.method == "POST" else None
    return DecisionForm(data, skills=skills, initial={"seen": seen})


def _shown(member: Membership, found: Candidate, form: DecisionForm) -> dict[str, Any]:
    blind = blind_items(member, found.attempt)
    return {
        "member": member, "project": member.project, "candidate": found, "row": row_of(found), "form": form,
        "answers": list(answer_rows(found, blind)), "by_flag": flag_rows(found), "parts": PART_NAMES,
        "may_decide": member.role == Membership.Role.MANAGER and found.attempt.submitted_at is not None,
        "outcomes": Decision.Outcome, "blind": blind,
    }  # fmt: skip


@never_cache
@login_required
def grading(request: HttpRequest, slug: str) -> HttpResponse:
    """The next demonstration without its author; POST gives the grade and goes on."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    if request.method == "POST":
        return _grade(request, member)
    left = left_to_grade(member)
    answer = left.first()
    context: dict[str, Any] = {"member": member, "project": member.project, "answer": answer, "left": left.count()}
    if answer is not None:
        context["item"] = exam_of(answer.attempt.exam.body).item(answer.item)
    return render(request, "screening/grading.html", context)


def _grade(request: HttpRequest, member: Membership) -> HttpResponse:
    value = request.POST.get("value", "")
    try:
        uid = _uid(request.POST.get("answer", ""))
        if value not in list("1234567"):
            raise RuleBroken(_("Choose a grade from 1 to 7."), field="value")
        grade_give(actor=member, answer=demonstration_named(member.project, uid), value=int(value))
    except DomainError as error:
        messages.error(request, error.message)
    return go(request, "screening:grading", member.project.slug)


def _uid(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise RuleBroken(_("answer: which demonstration is graded."), field="answer") from None
