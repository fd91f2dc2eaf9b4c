"""A labeler asks and reports: from the panel in the room, or on the task's own feedback page."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apps.core.domain.errors import DomainError, RuleBroken
from apps.core.htmx import go, is_htmx
from apps.labeling.access import assignment_for
from apps.labeling.form_body import body_of
from apps.labeling.models import Assignment
from apps.labeling.services.leases import draft_save
from apps.projects.access import Capability, member_for

from ..panel import CATEGORY, QUESTION, SUBJECT, TEXT, Outcome, outcome_of, panel_context, subject_in_words
from ..selectors import PAGE_SIZE, own_questions, own_rows
from ..services.questions import question_ask, questions_mark_read
from ..services.reports import letter_of, report_create

Verb = Callable[[HttpRequest, Assignment], str]


@never_cache
@login_required
def task(request: HttpRequest, uid: str) -> HttpResponse:
    """The panel as a page of its own, for any state that the task is in."""
    return _page(request, assignment_for(request.user, uid), Outcome())


def _page(request: HttpRequest, assignment: Assignment, outcome: Outcome, status: int = 200) -> HttpResponse:
    context = panel_context(assignment, outcome=outcome, in_room=False)
    context |= {"member": assignment.membership, "project": assignment.membership.project}
    return render(request, "feedback/task.html", context, status=status)


def _from_panel(verb: Verb) -> Callable[..., HttpResponse]:
    """A POST from the panel: with htmx the panel again; without, back to the room with everything kept."""

    @wraps(verb)
    def view(request: HttpRequest, uid: str) -> HttpResponse:
        if not request.user.is_authenticated:
            # A script keeps what was typed and says that it was not accepted.
            room = reverse("labeling:assignment", args=[uid])
            return HttpResponse(status=401) if is_htmx(request) else redirect_to_login(room)
        if request.method != "POST":
            return go(request, "feedback:task", uid)
        if not is_htmx(request):
            return _plainly(request, assignment_for(request.user, uid), verb)
        try:
            return _panel(request, assignment_for(request.user, uid), verb)
        except DomainError as error:
            return render(request, "feedback/parts/refused.html", {"problem": error}, status=error.status)

    return never_cache(view)


def _panel(request: HttpRequest, assignment: Assignment, verb: Verb) -> HttpResponse:
    status = 200
    try:
        outcome = Outcome(said=verb(request, assignment))
    except RuleBroken as error:
        outcome, status = outcome_of(error, request.POST.dict()), 422
    context = panel_context(assignment, outcome=outcome) | {"open": True, "announce": True}
    return render(request, "feedback/parts/panel.html", context, status=status)


def _plainly(request: HttpRequest, assignment: Assignment, verb: Verb) -> HttpResponse:
    """Without scripts the judgment form's own controls came along: they are kept as its draft."""
    try:
        messages.success(request, verb(request, assignment))
    except RuleBroken as error:
        _keep_draft(request, assignment)
        return _page(request, assignment, outcome_of(error, request.POST.dict()), status=422)
    _keep_draft(request, assignment)
    if assignment.state in (Assignment.State.LEASED, Assignment.State.RESERVED):
        return go(request, "labeling:assignment", assignment.uid)
    return go(request, "feedback:task", assignment.uid)


def _keep_draft(request: HttpRequest, assignment: Assignment) -> None:
    """Save what the room's form held, as its "Save the draft" would; what was asked stands either way."""
    revision = request.POST.get("revision", "")
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        return  # not from the room
    draft = body_of(assignment.task.kind, request.POST.dict())
    try:
        draft_save(assignment=assignment, draft=draft, revision=int(revision))
    except DomainError as error:
        messages.error(request, error.message)


@_from_panel
def ask(request: HttpRequest, assignment: Assignment) -> str:
    asked = question_ask(assignment=assignment, body=request.POST.get(QUESTION, ""))
    if asked.new:
        return _("Your question is with the project. The answer appears here and under Questions.")
    return _("You have asked this already; the question stands.")


@_from_panel
def report(request: HttpRequest, assignment: Assignment) -> str:
    told = report_create(
        assignment=assignment,
        subject=request.POST.get(SUBJECT, ""),
        category=request.POST.get(CATEGORY, ""),
        text=request.POST.get(TEXT, ""),
    )
    about = subject_in_words(letter_of(told.report, assignment))
    if told.new:
        return _("Thank you: your report of %(subject)s is with the project.") % {"subject": about}
    return _("You have reported %(subject)s for this already; the first report stands.") % {"subject": about}


@never_cache
@login_required
def questions(request: HttpRequest, slug: str) -> HttpResponse:
    """One's own questions. Answers that this page shows count as read from then on."""
    member = member_for(request.user, slug, Capability.LABEL)
    page = Paginator(own_questions(member), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = own_rows(page.object_list)
    if request.method == "GET":
        questions_mark_read(member=member, questions=[row.question for row in rows])
    context = {"member": member, "project": member.project, "page": page, "rows": rows}
    return render(request, "feedback/questions.html", context)
