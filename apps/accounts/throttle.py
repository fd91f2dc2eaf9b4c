"""What a caller sees after five wrong passwords in a minute (django-axes counts them)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.core.api import error_body

MESSAGE = "Too many failed sign-ins. Wait a minute, then try again."


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any) -> HttpResponse:
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse(error_body("too_many_requests", MESSAGE), status=429)
    else:
        response = render(request, "accounts/locked_out.html", {"message": MESSAGE}, status=429)
    response["Retry-After"] = "60"
    return response
