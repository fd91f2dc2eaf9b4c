"""What labelers said, for those who look after the project. Managers answer and close; researchers read along."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.csv_file import csv_lines
from apps.core.domain.errors import DomainError
from apps.core.htmx import go
from apps.projects.access import Capability, may, member_for
from apps.projects.models import Membership

from ..access import may_read_all_questions, question_of, report_of
from ..models import Report
from ..selectors import (
    PAGE_SIZE,
    asked_rows,
    last_message,
    questions_of,
    reports_of,
    skipped_rows,
    skips_of,
    skips_page,
    waiting_of,
)
from ..services.questions import answer_hide, answer_show, question_answer
from ..services.reports import report_close

LISTS = ("questions", "reports", "skipped")
_SKIP_COLUMNS = ["prompt", "task", "kind", "code", "reason", "labeler", "skipped_at"]


@login_required
def feedback(request: HttpRequest, slug: str) -> HttpResponse:
    """One of three lists: questions, reports, skipped prompts; the first two open or closed."""
    member = member_for(request.user, slug, Capability.CURATE)
    wanted = request.GET.get("list", "")
    lists = LISTS if may_read_all_questions(member) else LISTS[1:]
    chosen = wanted if wanted in lists else lists[0]
    closed = request.GET.get("state") == "closed"
    context = _frame(member) | {
        "lists": lists,
        "chosen": chosen,
        "closed": closed,
        "waiting": waiting_of(member.project),
    }
    context |= _LIST[chosen](request, member, closed)
    return render(request, "feedback/feedback.html", context)


def _frame(member: Membership) -> dict[str, Any]:
    return {"member": member, "project": member.project, "manages": may(member, Capability.MANAGE)}


def _paged(request: HttpRequest, rows: Any) -> Page[Any]:
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def _questions(request: HttpRequest, member: Membership, closed: bool) -> dict[str, Any]:
    page = _paged(request, questions_of(member.project, answered=closed))
    return {"page": page, "rows": asked_rows(page.object_list)}


def _reports(request: HttpRequest, member: Membership, closed: bool) -> dict[str, Any]:
    state = Report.State.CLOSED if closed else Report.State.OPEN
    page = _paged(request, reports_of(member.project, state=state))
    return {"page": page, "rows": [_report_row(report) for report in page.object_list]}


def _report_row(report: Report) -> dict[str, Any]:
    return {"report": report, "last_message": last_message(report.prompt)}


def _skipped(request: HttpRequest, member: Membership, closed: bool) -> dict[str, Any]:
    page = skips_page(member.project, number=request.GET.get("page"))
    return {"page": page, "rows": skipped_rows(member.project, page)}


_LIST = {"questions": _questions, "reports": _reports, "skipped": _skipped}


@login_required
def skipped_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Each skip by itself, newest first."""
    member = member_for(request.user, slug, Capability.CURATE)
    rows = (
        [str(skip.task.prompt.uid), str(skip.task.uid), skip.task.kind, skip.skip_code, skip.skip_reason,
         skip.membership.pseudonym, skip.seen_at.isoformat()]
        for skip in skips_of(member.project).iterator()
    )  # fmt: skip
    answer = HttpResponse(csv_lines(_SKIP_COLUMNS, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-skipped.csv"'
    return answer


@login_required
def question(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """One question with its task; POST answers it, or amends the answer."""
    member = member_for(request.user, slug, Capability.MANAGE)
    found = question_of(member.project, uid)
    text, problem = "", None
    if request.method == "POST":
        text = request.POST.get("answer", "")
        try:
            question_answer(actor=member.user, question=found, answer=text, amend="amend" in request.POST)
            messages.success(request, _("The answer is with the labeler who asked."))
            if found.guideline_id is not None:  # here they say whether everybody reads it
                return go(request, "feedback:question", slug, uid)
            return go(request, "feedback:feedback", slug, query="list=questions")
        except DomainError as error:
            problem = error
            found = question_of(member.project, uid)
    context = _frame(member) | {"row": asked_rows([found])[0], "text": text, "problem": problem}
    return render(request, "feedback/question.html", context, status=problem.status if problem else 200)


@require_POST
@login_required
def question_shown(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """Show the answer beside its rule to everybody, or take it away from there."""
    member = member_for(request.user, slug, Capability.MANAGE)
    found = question_of(member.project, uid)
    try:
        if "hide" in request.POST:
            answer_hide(actor=member.user, question=found)
            messages.success(request, _("The answer no longer stands in the guideline."))
        else:
            answer_show(actor=member.user, question=found, words=request.POST.get("question", ""))
            messages.success(request, _("Everybody reads the answer beside its rule now."))
    except DomainError as error:
        context = _frame(member) | {"row": asked_rows([question_of(member.project, uid)])[0], "problem": error}
        return render(request, "feedback/question.html", context, status=error.status)
    return go(request, "feedback:question", slug, uid)


@login_required
def report(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """One report with what it is about; POST closes it."""
    closes = request.method == "POST"
    member = member_for(request.user, slug, Capability.MANAGE if closes else Capability.CURATE)
    found = report_of(member.project, uid)
    text, problem = "", None
    if closes:
        text = request.POST.get("resolution", "")
        try:
            report_close(actor=member.user, report=found, resolution=text)
            messages.success(request, _("The report is closed."))
            return go(request, "feedback:feedback", slug, query="list=reports")
        except DomainError as error:
            problem = error
            found = report_of(member.project, uid)
    context = _frame(member) | {"row": _report_row(found), "text": text, "problem": problem}
    return render(request, "feedback/report.html", context, status=problem.status if problem else 200)
