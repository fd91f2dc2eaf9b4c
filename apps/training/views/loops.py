"""One turn of the loop: its stations, why it started, how it ended."""

from collections.abc import Callable
from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.models import User
from apps.core.htmx import go, is_htmx
from apps.projects.access import Capability, member_for
from apps.prompts.domain.hygiene import Fate

from ..access import in_project, loop_for
from ..models import LoopRun
from ..selectors.candidates import finding_table, findings_of
from ..selectors.stations import stations_in
from ..services.loop import loop_cancel, loop_resume

FINDINGS_SIZE = 50


@login_required
@require_GET
def loop(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = in_project(member, uid, loop_for)
    page = Paginator(findings_of(found), FINDINGS_SIZE).get_page(request.GET.get("page"))
    context = {
        "member": member, "project": member.project, "loop": found, "stations": stations_in(found), "page": page,
        "table": finding_table(found), "fates": [fate.value for fate in Fate],
    }  # fmt: skip
    return render(request, "training/_loop.html" if is_htmx(request) else "training/loop.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    return _steered(request, slug, uid, loop_cancel)


@login_required
@require_POST
def resume(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    return _steered(request, slug, uid, loop_resume)


def _steered(request: HttpRequest, slug: str, uid: str, verb: Callable[..., LoopRun]) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = in_project(member, uid, loop_for)
    verb(actor=cast(User, request.user), loop=found)
    return go(request, "training:loop", member.project.slug, found.uid)
