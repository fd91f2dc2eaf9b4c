"""The next room before it is wanted, and the short answer to a submit that finds it there already."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import push_url

from apps.core.domain.errors import Conflict

from ..models import Assignment
from ..room import draft_fields, room_context
from ..selectors import progress_of
from ..services.reserve import task_reserve
from .doors import of_assignment


@of_assignment
def ahead(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """The room of the task that comes after this one, reserved for two minutes; 204 when there is none to give."""
    try:
        reserved = task_reserve(member=assignment.membership, kind=assignment.task.kind, beside=assignment)
    except Conflict:
        reserved = None
    if reserved is None:
        return HttpResponse(status=204)
    # Messages wait for the page that is really shown next.
    context = room_context(reserved, values=draft_fields(reserved), arrived=True) | {"messages": ()}
    response = render(request, "labeling/room.html", context)
    response["X-Ahead"] = ahead_mark(reserved)
    return response


def ahead_mark(assignment: Assignment) -> str:
    """Names a room as it was rendered. One that was fetched ahead is shown only while this is still the same."""
    guideline = assignment.guideline.number if assignment.guideline else 0
    return f"{assignment.uid}.{guideline}.{assignment.schema.number}.{assignment.draft_revision}"


def arrived_ahead(request: HttpRequest, taken: Assignment) -> HttpResponse | None:
    """The answer when the browser holds the room of `taken` already: none of it, only what is bound to this moment."""
    if request.POST.get("ahead") != ahead_mark(taken) or len(messages.get_messages(request)):
        return None
    url = reverse("labeling:assignment", args=[taken.uid])
    context = {"url": url, "progress": progress_of(taken.membership)}
    response = push_url(render(request, "labeling/parts/ahead.html", context), url)
    response["X-Ahead"] = ahead_mark(taken)
    response["X-Lease-Until"] = taken.lease_expires_at.isoformat() if taken.lease_expires_at else ""
    return response
