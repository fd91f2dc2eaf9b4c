"""The labeling room. Thin: access, a service, the next page."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeGuard

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django_htmx.http import push_url

from apps.core.api import error_body
from apps.core.domain.errors import Conflict, DomainError, Malformed, RuleBroken
from apps.core.htmx import go, is_htmx
from apps.core.parsers import read_json
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership

from .access import assignment_for
from .domain.letters import letters_of
from .form_body import body_of, problems_of
from .models import Assignment, Task
from .room import draft_fields, history_rows, judgment_fields, room_context
from .selectors import correctable_until, history_of, standing_judgment
from .services.claim import assignment_claim
from .services.judgments import judgment_correct, judgment_submit
from .services.leases import assignment_heartbeat, assignment_release, assignment_skip, draft_save

AssignmentView = Callable[[HttpRequest, Assignment], HttpResponse]
State = Assignment.State


def _of_assignment(view: AssignmentView) -> Callable[..., HttpResponse]:
    """A POST on one's own assignment. A visit by link, or after signing in again, leads to the room."""

    @wraps(view)
    def wrapper(request: HttpRequest, uid: str) -> HttpResponse:
        room = reverse("labeling:assignment", args=[uid])
        if not request.user.is_authenticated:
            if _wants_json(request):
                return JsonResponse(error_body("unauthenticated", "You are signed out."), status=401)
            return redirect_to_login(room)
        if request.method != "POST":
            return go(request, "labeling:assignment", uid)
        return view(request, assignment_for(request.user, uid))

    return never_cache(gzip_page(wrapper))


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _in_json(view: AssignmentView) -> AssignmentView:
    """Answers a script's refused request in the API's error shape rather than with a page."""

    @wraps(view)
    def wrapper(request: HttpRequest, assignment: Assignment) -> HttpResponse:
        try:
            return view(request, assignment)
        except DomainError as error:
            if not _wants_json(request):
                raise
            return JsonResponse(error_body(error.code, error.message, error.details), status=error.status)

    return wrapper


# --- taking up work -----------------------------------------------------------------------------


@never_cache
@login_required
def work(request: HttpRequest, slug: str) -> HttpResponse:
    """GET says what there is to do; POST takes the next task of a kind."""
    member = member_for(request.user, slug, Capability.LABEL)
    if request.method == "POST":
        return _take_up(request, member, request.POST.get("kind", ""))
    return render(request, "labeling/work.html", {"member": member, "project": member.project})


def _take_up(request: HttpRequest, member: Membership, kind: str) -> HttpResponse:
    if kind not in Task.Kind.values:
        raise RuleBroken(f"kind: one of {', '.join(Task.Kind.values)}.", field="kind")
    taken = _claim(request, member, kind)
    if isinstance(taken, Assignment):
        return go(request, "labeling:assignment", taken.uid)
    return taken


def _claim(request: HttpRequest, member: Membership, kind: str) -> Assignment | HttpResponse:
    """The next assignment, else the way to the page that says why there is none."""
    slug = member.project.slug
    try:
        taken = assignment_claim(member=member, kind=kind)
    except Conflict as error:
        if error.code != "guideline_unacknowledged":
            raise
        messages.info(request, error.message)
        return go(request, "projects:guideline", slug, query=f"next={reverse('labeling:work', args=[slug])}")
    if taken is None:
        messages.info(request, "That is all for now: no task of this kind is free for you.")
        return go(request, "labeling:work", slug)
    return taken


# --- the room -----------------------------------------------------------------------------------


@never_cache
@gzip_page
@login_required
def assignment(request: HttpRequest, uid: str) -> HttpResponse:
    found = assignment_for(request.user, uid)
    if found.state == State.LEASED and found.lease_expires_at and found.lease_expires_at > timezone.now():
        return _room(request, found, values=draft_fields(found))
    judgment = standing_judgment(found) if found.state == State.SUBMITTED else None
    context: dict[str, Any] = {"assignment": found, "member": found.membership, "project": found.membership.project}
    if judgment is not None:
        until = correctable_until(found.membership, judgment.first_at)  # type: ignore[attr-defined]
        context |= {"judgment": judgment, "until": until, "may_correct": timezone.now() <= until}
    return render(request, "labeling/not_open.html", context)


def _room(request: HttpRequest, assignment: Assignment, *, status: int = 200, **options: Any) -> HttpResponse:
    rendering = "raw" if request.GET.get("view") == "raw" else "rendered"
    context = room_context(assignment, rendering=rendering, **options)
    return render(request, "labeling/room.html", context, status=status)


@_of_assignment
def submit(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """Record the judgment and answer with the next task: with htmx in this response, else by a redirect."""
    kind, letters = assignment.task.kind, letters_of(assignment.display_order)
    values = request.POST.dict()
    body = body_of(kind, values)
    try:
        done = judgment_submit(assignment=assignment, body=body)
    except RuleBroken as error:
        return _room(request, assignment, values=values, problems=problems_of(error, body, letters), status=422)
    except Conflict as error:
        if error.code != "already_submitted":
            raise
        return _room(request, assignment, values=values, mode="correct", stands=True, status=409)
    if done.judgment.surplus:
        messages.info(
            request, "Your time on this task had run out and someone else has taken it. Your judgment is kept."
        )
    return _next(request, assignment.membership, kind)


def _next(request: HttpRequest, member: Membership, kind: str) -> HttpResponse:
    taken = _claim(request, member, kind)
    if not isinstance(taken, Assignment):
        return taken
    if not is_htmx(request):
        return go(request, "labeling:assignment", taken.uid)
    page = _room(request, taken, values=draft_fields(taken), arrived=True)
    return push_url(page, reverse("labeling:assignment", args=[taken.uid]))


@_of_assignment
def preview(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """What is being written, as it will be read: a fragment for htmx, else the room with the text kept."""
    if is_htmx(request):
        return render(request, "labeling/parts/preview.html", {"text": request.POST.get("text", "")})
    return _room(request, assignment, values=request.POST.dict(), previewed=True)


@_of_assignment
@_in_json
def draft(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """Keep a draft: a script's JSON, or the form itself from a browser without scripts."""
    if request.content_type != "application/json":
        return _draft_from_form(request, assignment)
    sent = _json_object(request)
    draft = sent.get("draft")
    if _is_flat(draft):
        draft = body_of(assignment.task.kind, draft)
    saved = draft_save(assignment=assignment, draft=draft, revision=sent.get("revision"))
    return JsonResponse({"saved_at": saved.draft_saved_at, "revision": saved.draft_revision})


def _is_flat(fields: Any) -> TypeGuard[dict[str, str]]:
    return isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values())


def _draft_from_form(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    values = request.POST.dict()
    given = values.get("revision", "")
    revision = _revision(given) if given else assignment.draft_revision
    draft_save(assignment=assignment, draft=body_of(assignment.task.kind, values), revision=revision)
    messages.success(request, "Your draft is saved.")
    return go(request, "labeling:assignment", assignment.uid)


def _revision(given: str) -> int:
    """The number in the form. Bounded: Python reads no number of thousands of digits."""
    if not re.fullmatch(r"[0-9]{1,9}", given):
        raise RuleBroken("revision: the number that came with this page.", field="revision")
    return int(given)


def _json_object(request: HttpRequest) -> dict[str, Any]:
    sent = read_json(request.body)
    if not isinstance(sent, dict):
        raise Malformed("The body is a JSON object.")
    return sent


@_of_assignment
@_in_json
def heartbeat(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    return JsonResponse({"lease_expires_at": assignment_heartbeat(assignment=assignment).lease_expires_at})


@_of_assignment
def skip(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    reason = ": ".join(filter(None, [request.POST.get("reason", ""), request.POST.get("details", "").strip()]))
    assignment_skip(assignment=assignment, reason=reason)
    messages.info(request, "Skipped. That task goes to someone else and does not come back to you.")
    return _next(request, assignment.membership, assignment.task.kind)


@_of_assignment
def release(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    assignment_release(assignment=assignment)
    messages.info(request, "Put back. Your draft is kept should the task come back to you.")
    return go(request, "labeling:work", assignment.membership.project.slug)


# --- looking back -------------------------------------------------------------------------------


@never_cache
@gzip_page
@login_required
def correct(request: HttpRequest, uid: str) -> HttpResponse:
    """GET: the room filled with one's current judgment, while there is time. POST: what supersedes it."""
    found = assignment_for(request.user, uid)
    if request.method == "POST":
        return _correct(request, found)
    judgment = standing_judgment(found)
    if judgment is None or timezone.now() > correctable_until(found.membership, judgment.first_at):  # type: ignore[attr-defined]
        return go(request, "labeling:assignment", uid)
    return _room(request, found, values=judgment_fields(judgment), mode="correct")


def _correct(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    letters, values = letters_of(assignment.display_order), request.POST.dict()
    body = body_of(assignment.task.kind, values)
    try:
        done = judgment_correct(assignment=assignment, body=body)
    except RuleBroken as error:
        problems = problems_of(error, body, letters)
        return _room(request, assignment, values=values, problems=problems, mode="correct", status=422)
    except Conflict as error:
        return _room(request, assignment, values=values, mode="correct", refused=error.message, status=409)
    messages.success(request, "Your correction stands." if done.new else "Nothing was changed.")
    return go(request, "labeling:history", assignment.membership.project.slug)


@never_cache
@login_required
def history(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.LABEL)
    page = Paginator(history_of(member), 25).get_page(request.GET.get("page"))
    rows = history_rows(member, page.object_list)
    context = {"member": member, "project": member.project, "page": page, "rows": rows}
    return render(request, "labeling/history.html", context)
