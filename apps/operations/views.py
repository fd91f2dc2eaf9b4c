"""Readiness and metrics for the machines that watch, the operations page for the people who do."""

import ipaddress

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from apps.core.domain.errors import Forbidden
from apps.core.health import check_health, recent_health
from apps.core.htmx import is_htmx
from apps.projects.access import Capability, member_for

from .metrics import exposition
from .selectors import counter_differences_of, jobs_of


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, broker and a worker of the web queue answer; else 503 and what does not."""
    health = recent_health()
    body = {
        "ready": health.is_ready,
        "database": health.database,
        "broker": not health.broker,
        "workers": health.workers,
        "unattended_queues": [queue.name for queue in health.unattended],
    }
    return JsonResponse(body, status=200 if health.is_ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for loopback or for whoever has the token."""
    _require_watcher(request)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _require_watcher(request: HttpRequest) -> None:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and constant_time_compare(given, settings.METRICS_TOKEN):
        return
    # Behind a proxy on this machine every caller looks like loopback, so a forwarded request does not count.
    if not _is_loopback(request.META.get("REMOTE_ADDR", "")) or "X-Forwarded-For" in request.headers:
        raise Forbidden("Metrics are for this machine, or for who sends METRICS_TOKEN as a bearer token.")


def _is_loopback(address: str) -> bool:
    """No address, as behind a unix socket, says nothing of where the caller is."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@login_required
def operations(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    project = member.project
    context = {
        "member": member, "project": project, "jobs": jobs_of(project), "differences": counter_differences_of(project),
    }  # fmt: skip
    return render(request, "operations/operations.html", context)


@login_required
def workers(request: HttpRequest, slug: str) -> HttpResponse:
    """The workers' health, as a part of a page: asking them takes a moment, so pages ask for it afterwards."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    template = "operations/_workers.html" if is_htmx(request) else "operations/workers.html"
    return render(request, template, {"member": member, "project": member.project, "health": check_health()})
