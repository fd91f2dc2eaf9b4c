"""The loop at a glance: what stands at each station, how a turn starts, what has run."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.models import User
from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.health import recent_health
from apps.core.htmx import go, is_htmx
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership

from ..forms import KINDS, LoopForm, PolicyForm
from ..models import LoopRun
from ..selectors.models import models_listed
from ..selectors.runs import loops_of, newest_runs, policy_of
from ..selectors.stations import stations_of
from ..services.loop import loop_start
from ..services.retrain import retrain_policy_set
from .problems import field_errors

SHOWN = 15
QUEUES = ("train", "generate")


@login_required
@require_GET
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    if is_htmx(request):
        return render(request, "training/_stations.html", _stations(member, polled=True))
    return _page(request, member)


@login_required
@require_POST
def loop_begin(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    form = LoopForm(request.POST)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"] or None
            loop = loop_start(actor=cast(User, request.user), project=member.project, trigger="hand", reason=reason)
            return go(request, "training:loop", member.project.slug, loop.uid)
        except (RuleBroken, Conflict) as error:
            form.add_error(None, error.message)
    return _page(request, member, loop_form=form, status=422)


@login_required
@require_POST
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    form = PolicyForm(request.POST, policy=policy_of(member.project))
    if form.is_valid():
        with field_errors(form):
            retrain_policy_set(actor=cast(User, request.user), project=member.project, **form.wanted)
    if form.errors:
        return _page(request, member, policy_form=form, status=422)
    return go(request, "training:overview", member.project.slug)


@login_required
@require_GET
def workers(request: HttpRequest, slug: str) -> HttpResponse:
    """Which of the two queues (or of the one in `queue`) nobody takes from. Pages ask afterwards: the answer takes a moment."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    if not is_htmx(request):
        return go(request, "operations:workers", member.project.slug)
    asked = request.GET.get("queue", "")
    wanted = (asked,) if asked in QUEUES else QUEUES
    health = recent_health()
    idle = [queue for queue in health.unattended if queue.name in wanted]
    context = {
        "project": member.project,
        "queue": asked if asked in QUEUES else "",
        "broker": health.broker,
        "idle": idle,
        "idle_names": get_text_list([queue.purpose for queue in idle], gettext("and")),
    }
    return render(request, "training/_workers.html", context)


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    loop_form: LoopForm | None = None,
    policy_form: PolicyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    project = member.project
    context = _stations(member, loop_form) | {
        "policy_form": policy_form or PolicyForm(policy=policy_of(project)),
        "retrain": policy_of(project),
        "kinds": KINDS.items(),
        "runs": newest_runs(project, SHOWN),
        "models": models_listed(project)[:SHOWN],
    }
    return render(request, "training/overview.html", context, status=status)


def _stations(member: Membership, loop_form: LoopForm | None = None, *, polled: bool = False) -> dict[str, Any]:
    """What the part of the page shows that follows a running turn, and offers the next one when it has ended.

    While it is `polled` the page keeps its amounts; at the turn's end they are counted again.
    """
    loops = list(loops_of(member.project)[:SHOWN])
    running = next((loop for loop in loops if loop.state == LoopRun.State.RUNNING), None)
    return {
        "member": member,
        "project": member.project,
        "loops": loops,
        "running": running,
        "stations": stations_of(member.project, running, counted=not (polled and running)),
        "loop_form": loop_form or LoopForm(),
    }
