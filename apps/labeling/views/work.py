"""Taking up work: what there is to do, and the next task of a kind."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.htmx import go
from apps.projects.access import Capability, membership_for, require
from apps.projects.models import Membership

from ..models import Assignment, Task
from ..services.claim import assignment_claim


@never_cache
@login_required
def work(request: HttpRequest, slug: str) -> HttpResponse:
    """GET says what there is to do; POST takes the next task of a kind."""
    member = membership_for(request.user, slug)
    if member.status == Membership.Status.QUALIFYING:
        return go(request, "screening:exam", slug)  # no work before the decision
    require(member, Capability.LABEL)
    if request.method == "POST":
        return _take_up(request, member, request.POST.get("kind", ""))
    return render(request, "labeling/work.html", {"member": member, "project": member.project})


def _take_up(request: HttpRequest, member: Membership, kind: str) -> HttpResponse:
    if kind not in Task.Kind.values:
        raise RuleBroken(f"kind: one of {', '.join(Task.Kind.values)}.", field="kind")
    taken = claim_next(request, member, kind)
    if isinstance(taken, Assignment):
        return go(request, "labeling:assignment", taken.uid)
    return taken


def claim_next(
    request: HttpRequest, member: Membership, kind: str, *, judged: bool = False
) -> Assignment | HttpResponse:
    """The next assignment, else the way to the page that says why there is none. Who comes from a task they `judged`
    is told first that it is kept: a refusal to go on reads like a refusal of what was sent."""
    slug = member.project.slug
    try:
        taken = assignment_claim(member=member, kind=kind)
    except Conflict as error:
        if judged:
            messages.success(request, _("Your judgment is kept."))
        messages.info(request, error.message)
        if error.code in ("project_not_active", "quota_reached"):
            return go(request, "labeling:work", slug)
        if error.code != "guideline_unacknowledged":
            raise
        return go(request, "projects:guideline", slug, query=f"next={reverse('labeling:work', args=[slug])}")
    if taken is None:
        messages.info(request, _("That is all for now: no task of this kind is free for you."))
        return go(request, "labeling:work", slug)
    return taken
