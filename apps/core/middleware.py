"""The frame around every request: an id, and one place where domain errors become pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from . import request_id
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
