"""The frame around every request: an id, and one place where domain errors become pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from . import request_id
from .api import error_body
from .domain.errors import DomainError

Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives the request an id (or keeps the caller's) and answers with it in X-Request-ID."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        current = request_id.begin(request.headers.get("X-Request-ID"))
        response = self.get_response(request)
        response["X-Request-ID"] = current
        return response


class LengthMiddleware:
    """Refuses a body of unstated length, which Django would read as empty. Imports read theirs themselves."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        streamed = request.path_info.startswith("/api/") and request.path_info.endswith("/imports/")
        if chunked and not request.headers.get("Content-Length") and not streamed:
            message = "Send the body with a Content-Length; only imports are read without one."
            return JsonResponse(error_body("length_required", message), status=411)
        return self.get_response(request)


class DomainErrorMiddleware:
    """Answers a page's DomainError with a page that says it in a sentence."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        return render(request, "core/problem.html", {"problem": error}, status=error.status)
