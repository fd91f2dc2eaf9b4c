"""What every view of an assignment passes through: its owner's door, and answers a script can read."""

from collections.abc import Callable
from functools import wraps
from typing import NoReturn
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page

from apps.core.api import error_body
from apps.core.domain.errors import DomainError
from apps.core.htmx import go, is_htmx, keep_page

from ..access import assignment_for
from ..models import Assignment
from ..services.reserve import reserved_conflict

AssignmentView = Callable[[HttpRequest, Assignment], HttpResponse]


def of_assignment(view: AssignmentView) -> Callable[..., HttpResponse]:
    """A POST on one's own assignment. A visit by link, or after signing in again, leads to the room."""

    @wraps(view)
    def wrapper(request: HttpRequest, uid: str) -> HttpResponse:
        room = reverse("labeling:assignment", args=[uid])
        if not request.user.is_authenticated:
            if wants_json(request):
                return JsonResponse(error_body("unauthenticated", _("You are signed out.")), status=401)
            return _signed_out(request, room) if is_htmx(request) else redirect_to_login(room)
        if request.method != "POST":
            return go(request, "labeling:assignment", uid)
        found = assignment_for(request.user, uid)
        return (_not_yours_yet if found.state == Assignment.State.RESERVED else view)(request, found)

    return never_cache(gzip_page(wrapper))


def _signed_out(request: HttpRequest, room: str) -> HttpResponse:
    """The work stays on the screen: after signing in beside it, the same button sends it."""
    sentence = _("This was not sent: you are signed out. Nothing on this page is lost.")
    link = (
        _("Sign in in a new tab, then come back and press the button once more."),
        f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': room})}",
    )
    return keep_page(request, sentence, status=403, link=link)


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def in_json(view: AssignmentView) -> AssignmentView:
    """Answers a script's refused request in the API's error shape rather than with a page."""

    @wraps(view)
    def wrapper(request: HttpRequest, assignment: Assignment) -> HttpResponse:
        try:
            return view(request, assignment)
        except DomainError as error:
            if not wants_json(request):
                raise
            return JsonResponse(error_body(error.code, error.message, error.details), status=error.status)

    return wrapper


@in_json
def _not_yours_yet(request: HttpRequest, assignment: Assignment) -> NoReturn:
    raise reserved_conflict()
