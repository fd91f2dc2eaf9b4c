"""Liveness, and the page of the design."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .design import design_context


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def design(request: HttpRequest) -> HttpResponse:
    """Every token and component that the pages are made of."""
    return render(request, "core/design.html", design_context())
