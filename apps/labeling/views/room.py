"""The room: the page of an assignment, and its submit."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django_htmx.http import push_url

from apps.core.domain.errors import Conflict, DomainError, RuleBroken
from apps.core.htmx import go, is_htmx
from apps.projects.models import Membership

from ..access import assignment_for
from ..domain.letters import letters_of
from ..domain.pasted import pasted_characters
from ..form_body import Fields, body_of, problems_of
from ..models import Assignment, Judgment
from ..room import draft_fields, room_context
from ..selectors import correctable_until, standing_judgment
from ..services.activity import activity_note
from ..services.judgments import current_judgment, judgment_submit
from ..trouble import trouble_of
from .ahead import arrived_ahead
from .doors import of_assignment
from .told import told_in_form
from .work import claim_next

State = Assignment.State


@never_cache
@gzip_page
@login_required
def assignment(request: HttpRequest, uid: str) -> HttpResponse:
    found = assignment_for(request.user, uid)
    if found.state == State.LEASED and found.lease_expires_at and found.lease_expires_at > timezone.now():
        return show_room(request, found, values=draft_fields(found))
    judgment = standing_judgment(found) if found.state == State.SUBMITTED else None
    context: dict[str, Any] = {"assignment": found, "member": found.membership, "project": found.membership.project}
    if judgment is not None:
        until = correctable_until(found.membership, judgment.first_at)  # type: ignore[attr-defined]
        context |= {"judgment": judgment, "until": until, "may_correct": timezone.now() <= until}
    return render(request, "labeling/not_open.html", context)


def show_room(request: HttpRequest, assignment: Assignment, *, status: int = 200, **options: Any) -> HttpResponse:
    rendering = "raw" if request.GET.get("view") == "raw" else "rendered"
    context = room_context(assignment, rendering=rendering, **options)
    return render(request, "labeling/room.html", context, status=status)


def show_trouble(request: HttpRequest, assignment: Assignment, values: Fields, error: DomainError) -> HttpResponse:
    """The room with what was sent still in it, why it was not taken, and the way on."""
    assignment.refresh_from_db(fields=["state", "draft_revision", "draft_saved_at"])
    trouble = trouble_of(error, assignment)
    corrects = str(current_judgment(assignment).uid) if trouble.mode == "correct" else ""
    return show_room(
        request, assignment, values=values, mode=trouble.mode, trouble=trouble, corrects=corrects, status=error.status
    )


def revision_seen(values: Fields) -> int | None:
    """The draft's revision that came with the form; None where it says none, or nonsense."""
    given = values.get("revision", "")
    return int(given) if re.fullmatch(r"[0-9]{1,9}", given) else None


@of_assignment
def submit(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """Record the judgment and answer with the next task: with htmx in this response, else by a redirect."""
    kind, letters = assignment.task.kind, letters_of(assignment.display_order)
    values = request.POST.dict()
    body = body_of(kind, values)
    told, pasted = told_in_form(values.get("activity")), pasted_characters(values.get("pasted"))
    try:
        done = judgment_submit(
            assignment=assignment, body=body, pasted=pasted, activity=told.batch, revision=revision_seen(values)
        )
    except RuleBroken as error:
        if told.batch is not None:
            activity_note(assignment=assignment, sent=told.batch)
        return show_room(request, assignment, values=values, problems=problems_of(error, body, letters), status=422)
    except Conflict as error:
        return show_trouble(request, assignment, values, error)
    if not done.new and Judgment.objects.filter(supersedes=done.judgment).exists():
        messages.info(request, _("You had sent just this before and corrected it since. The correction stands."))
    if done.new and done.judgment.surplus:
        messages.info(
            request, _("Your time on this task had run out and someone else has taken it. Your judgment is kept.")
        )
    return go_on(request, assignment.membership, kind, judged=True)


def go_on(request: HttpRequest, member: Membership, kind: str, *, judged: bool = False) -> HttpResponse:
    taken = claim_next(request, member, kind, judged=judged)
    if not isinstance(taken, Assignment):
        return taken
    if not is_htmx(request):
        return go(request, "labeling:assignment", taken.uid)
    if (short := arrived_ahead(request, taken)) is not None:
        return short
    page = show_room(request, taken, values=draft_fields(taken), arrived=True)
    return push_url(page, reverse("labeling:assignment", args=[taken.uid]))
