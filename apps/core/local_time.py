"""Times on pages are the reader's own, with the zone named."""

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "tz"


class LocalTimeMiddleware:
    """Activates the time zone that the browser named in a cookie (`static/js/page.js`), if there is such a zone.

    Without one times are UTC. The API answers in UTC whatever the cookie says: its readers are programs.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(COOKIE, "")
        if name not in _zones() or request.path_info.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self.get_response(request)


@cache
def _zones() -> frozenset[str]:
    """Names that are known: a name from outside must never become a path to a file."""
    return frozenset(available_timezones())
