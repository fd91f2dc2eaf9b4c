"""The last answers: what neither a view nor a middleware has answered. Under /api/ in the API's own shape."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from .api import error_body
from .domain.errors import TooLarge

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


handler400 = _answer(400, "malformed", "The request could not be read.", _unread)
handler403 = _answer(403, "forbidden", "You may not do this.", defaults.permission_denied)
handler404 = _answer(404, "not_found", "There is nothing here.", defaults.page_not_found)
handler500 = _answer(500, "server_error", "Something broke on our side; it is logged.", defaults.server_error)
