"""While the work lies on the desk: keeping the draft and the lease, or giving the task up."""

import re
from typing import Any, TypeGuard

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict, Malformed, RuleBroken, TooLarge
from apps.core.htmx import go
from apps.core.parsers import read_json

from ..form_body import body_of
from ..models import Assignment
from ..services.leases import assignment_heartbeat, assignment_release, assignment_skip, draft_save
from .doors import in_json, of_assignment
from .room import go_on, show_trouble
from .told import Told, told_in_json

SkipCode = Assignment.SkipCode


@of_assignment
@in_json
def draft(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """Keep a draft: a script's JSON, or the form itself from a browser without scripts."""
    if request.content_type != "application/json":
        return _draft_from_form(request, assignment)
    sent = _json_object(request)
    draft = sent.get("draft")
    if _is_flat(draft):
        draft = body_of(assignment.task.kind, draft)
    told = told_in_json(sent.get("activity"))
    saved = draft_save(assignment=assignment, draft=draft, revision=sent.get("revision"), activity=told.batch)
    return _answer(told, saved_at=saved.draft_saved_at, revision=saved.draft_revision)


def _answer(told: Told, **answer: Any) -> JsonResponse:
    return JsonResponse(answer | ({"activity_refused": told.refused} if told.refused else {}))


def _is_flat(fields: Any) -> TypeGuard[dict[str, str]]:
    return isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values())


def _draft_from_form(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    values = request.POST.dict()
    given = values.get("revision", "")
    revision = _revision(given) if given else assignment.draft_revision
    try:
        draft_save(assignment=assignment, draft=body_of(assignment.task.kind, values), revision=revision)
    except (Conflict, TooLarge) as error:
        return show_trouble(request, assignment, values, error)
    messages.success(request, _("Your draft is saved."))
    return go(request, "labeling:assignment", assignment.uid)


def _revision(given: str) -> int:
    """The number in the form. Bounded: Python reads no number of thousands of digits."""
    if not re.fullmatch(r"[0-9]{1,9}", given):
        raise RuleBroken(_("revision: the number that came with this page."), field="revision")
    return int(given)


def _json_object(request: HttpRequest) -> dict[str, Any]:
    sent = read_json(request.body)
    if not isinstance(sent, dict):
        raise Malformed("The body is a JSON object.")
    return sent


@of_assignment
@in_json
def heartbeat(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    sent = _json_object(request) if request.content_type == "application/json" and request.body else {}
    told = told_in_json(sent.get("activity"))
    alive = assignment_heartbeat(assignment=assignment, activity=told.batch)
    return _answer(told, lease_expires_at=alive.lease_expires_at)


@of_assignment
def skip(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """`code` is one of the room's list, `details` the labeler's words."""
    code = request.POST.get("code", "")
    assignment_skip(assignment=assignment, code=code or SkipCode.OTHER, reason=request.POST.get("details", ""))
    messages.info(request, _("Skipped. That task goes to someone else and does not come back to you."))
    return go_on(request, assignment.membership, assignment.task.kind)


@of_assignment
def release(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    assignment_release(assignment=assignment)
    messages.info(request, _("Put back. Your draft is kept should the task come back to you."))
    return go(request, "labeling:work", assignment.membership.project.slug)
