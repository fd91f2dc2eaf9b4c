"""The guideline of a task, beside it or as a page: its rules, the answers beside them, and asking about one."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apps.core.documents import render_document
from apps.core.domain.errors import DomainError, NotFound, RuleBroken
from apps.core.htmx import go, is_htmx
from apps.labeling.access import assignment_for
from apps.labeling.models import Assignment
from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.guideline_rules import rules_of

from ..models import TEXT_MAX
from ..panel import QUESTION
from ..selectors import questions_on_guideline
from ..services.questions import question_ask

RULE = "feedback-rule"


@never_cache
@login_required
def guideline(request: HttpRequest, uid: str) -> HttpResponse:
    """The version that this task came with; for the drawer without the page around it."""
    assignment = assignment_for(request.user, uid)
    template = "feedback/parts/drawer.html" if is_htmx(request) else "feedback/guideline.html"
    return render(request, template, _context(assignment))


def _context(assignment: Assignment, **more: Any) -> dict[str, Any]:
    version = assignment.guideline
    if version is None:
        raise NotFound(_("This task came without a guideline."))
    document = render_document(version.body)
    asked = questions_on_guideline(assignment.membership, version)
    found = rules_of(document, parse_schema(assignment.schema.body))
    return {
        "assignment": assignment,
        "member": assignment.membership,
        "project": assignment.membership.project,
        "guideline": version,
        "document": document,
        "asked": asked,
        # Which heading the drawer opens at for what is in the focus.
        "anchors": json.dumps({one.field.name: one.rule.anchor for one in found if one.rule is not None}),
        "question_name": QUESTION,
        "rule_name": RULE,
        "most": TEXT_MAX,
    } | more


@never_cache
@login_required
def ask_rule(request: HttpRequest, uid: str) -> HttpResponse:
    """Ask about a rule, or about all of the guideline."""
    if request.method != "POST":
        return go(request, "feedback:guideline", uid)
    assignment = assignment_for(request.user, uid)
    rule, words = request.POST.get(RULE, ""), request.POST.get(QUESTION, "")
    try:
        new = question_ask(assignment=assignment, body=words, rule=rule).new
    except RuleBroken as error:
        sentence = error.message.removeprefix(error.field).lstrip(": ")
        return _answer(request, assignment, 422, error=sentence[:1].upper() + sentence[1:], chosen=rule, words=words)
    except DomainError as error:
        return _answer(request, assignment, error.status, error=error.message, chosen=rule, words=words)
    said = (
        _("Your question is with the project. The answer appears here and under Questions.")
        if new
        else _("You have asked this already; the question stands.")
    )
    if is_htmx(request):
        return _answer(request, assignment, 200, said=said)
    messages.success(request, said)
    return go(request, "feedback:guideline", uid)


def _answer(request: HttpRequest, assignment: Assignment, status: int, **more: Any) -> HttpResponse:
    template = "feedback/parts/ask_rule.html" if is_htmx(request) else "feedback/guideline.html"
    return render(request, template, _context(assignment, open=True, announce=is_htmx(request), **more), status=status)
