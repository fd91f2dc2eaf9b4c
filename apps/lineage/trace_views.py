"""Following one record through the house: a box that takes what one has, and the chain of what was found."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.domain.errors import NotFound, RuleBroken
from apps.projects.access import Capability, member_for
from apps.projects.models import Project

from .chain import chain_of
from .finding import Found, found_by_external_id, found_by_line, found_by_uid
from .trail import steps_of

EXTERNAL_ID_MAX = 200


@login_required
@require_http_methods(["GET", "POST"])
def trace(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    given = request.POST.get("record", "").strip()
    problem = ""
    if request.method == "POST":
        try:
            return redirect("lineage:traced", slug=slug, uid=_found(member.project, given).uid)
        except (NotFound, RuleBroken) as error:
            problem = error.message
    context = {"member": member, "project": member.project, "given": given, "problem": problem}
    return render(request, "lineage/trace.html", context, status=422 if problem else 200)


@login_required
@require_GET
def traced(request: HttpRequest, slug: str, uid: UUID) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    chain = chain_of(member.project, found_by_uid(member.project, uid))
    context = {"member": member, "project": member.project, "chain": chain, "steps": steps_of(chain)}
    return render(request, "lineage/traced.html", context)


def _found(project: Project, given: str) -> Found:
    """A line where it looks like one, a uid where it is one, else what an import called it."""
    if not given:
        raise RuleBroken("record: a uid, an external id or a line is needed.", field="record")
    if given.startswith("{"):
        return found_by_line(project, given)
    try:
        return found_by_uid(project, UUID(given))
    except ValueError:
        pass
    if len(given) > EXTERNAL_ID_MAX or "\x00" in given:
        raise RuleBroken("record: this is no uid, no external id and no line of a file.", field="record")
    return found_by_external_id(project, given)
