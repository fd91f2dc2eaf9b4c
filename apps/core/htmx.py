"""Small helpers of views that answer both a plain browser and htmx."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def go_to(request: HttpRequest, to: str) -> HttpResponse:
    """On to another page after a POST: 303, or htmx's way of saying the same."""
    if is_htmx(request):
        return HttpResponseClientRedirect(to)
    response = HttpResponseRedirect(to)
    response.status_code = 303
    return response


def go(request: HttpRequest, view: str, *args: Any, query: str = "") -> HttpResponse:
    """`go_to` a named page."""
    return go_to(request, reverse(view, args=args) + (f"?{query}" if query else ""))
