"""A form whose token is not (any more) this browser's: say what to do, and let nothing on the page be lost.

That happens to honest people who signed in again in another window, or whose cookies were cleared.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from .api import error_body
from .htmx import keep_page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Scripts of ours get a fresh token with the answer, which no other site can read; a plain form gets a page."""
    if request.headers.get("Accept", "").startswith("application/json"):
        message = _("You signed in again in another window.")
        return JsonResponse(error_body("csrf_failed", message, {"token": get_token(request)}), status=403)
    if request.headers.get("HX-Request") == "true":
        sentence = _(
            "This was not sent: you signed in again in another window. Nothing on this page is lost. Press the button once more."
        )
        return keep_page(request, sentence, status=403, fresh_token=True)
    if request.headers.get("Sec-Fetch-Dest") == "empty":
        return HttpResponse(status=403)  # a page fetched ahead: a second new cookie would spoil the token just given
    return render(request, "403_csrf.html", {"back": _page_of_form(request)}, status=403)


def _page_of_form(request: HttpRequest) -> str:
    """Where the form was, when that is a page of ours."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if ours else ""
