"""The last answers: what neither a view nor a middleware has answered. Under /api/ in the API's own shape."""

import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults

from .api import error_body
from .domain.errors import TooLarge
from .outage import RETRY_SECONDS, database_is_away

Handler = Callable[..., HttpResponse]


def _answer(status: int, code: str, message: str, page: Handler) -> Handler:
    def handler(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.path_info.startswith("/api/"):
            return JsonResponse(error_body(code, message), status=status)
        return page(request, *args, **kwargs)

    return handler


def _unread(request: HttpRequest, exception: Exception, *args: Any, **kwargs: Any) -> HttpResponse:
    """A page's request that could not be read. One that is too large says so: its sender can mend that."""
    if not isinstance(exception, RequestDataTooBig):
        return defaults.bad_request(request, exception)
    problem = TooLarge(_("What you sent is too large for this page. Go back, shorten it, and send it again."))
    return render(request, "core/problem.html", {"problem": problem}, status=problem.status)


def _away(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    # No request context: its processors ask who is signed in, which the database knows.
    return HttpResponse(loader.render_to_string("503.html"), status=503)


handler400 = _answer(400, "malformed", "The request could not be read.", _unread)
handler403 = _answer(403, "forbidden", "You may not do this.", defaults.permission_denied)
handler404 = _answer(404, "not_found", "There is nothing here.", defaults.page_not_found)
_broken = _answer(500, "server_error", "Something broke on our side; it is logged.", defaults.server_error)
_unreachable = _answer(
    503, "database_away", "The database does not answer at the moment; try again in a few seconds.", _away
)


def handler500(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Django calls it while it handles what was raised."""
    if not database_is_away(sys.exc_info()[1]):
        return _broken(request, *args, **kwargs)
    answer = _unreachable(request, *args, **kwargs)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer
