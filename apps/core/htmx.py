"""Small helpers of views that answer both a plain browser and htmx."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect, reselect, retarget


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


def keep_page(
    request: HttpRequest, sentence: str, *, status: int, link: tuple[str, str] | None = None, fresh_token: bool = False
) -> HttpResponse:
    """An answer to htmx that leaves the page as it is and says `sentence` above it, so that no work on it is lost.

    `link` is (text, address), opened in a window of its own; `fresh_token` mends the page's forms.
    """
    context = {"sentence": sentence, "link": link, "fresh_token": fresh_token}
    response = render(request, "core/parts/kept.html", context, status=status)
    response["HX-Reswap"] = "innerHTML show:#messages:top"
    return reselect(retarget(response, "#messages"), "#kept")
