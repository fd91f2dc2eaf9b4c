"""Sets of candidates: asking for one, its page, and what can be done with it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.models import User
from apps.core.htmx import go, is_htmx
from apps.projects.access import Capability, member_for
from apps.prompts.domain.hygiene import Fate

from ..access import candidate_set_for, in_project
from ..candidate_forms import CandidateSetForm
from ..models import CandidateSet
from ..selectors.candidates import candidate_sets_of, finding_table, findings_of
from ..services.candidate_sets import candidate_set_cancel, candidate_set_resume, candidate_set_start
from .problems import field_errors

PAGE_SIZE = 20
FINDINGS_SIZE = 50


@login_required
def candidate_sets(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    project = member.project
    form = (
        CandidateSetForm(request.POST, project=project)
        if request.method == "POST"
        else CandidateSetForm(project=project)
    )
    if request.method == "POST" and form.is_valid():
        with field_errors(form):
            made = candidate_set_start(actor=cast(User, request.user), project=project, **form.wanted)
            return go(request, "training:candidate-set", project.slug, made.uid)
    page = Paginator(candidate_sets_of(project), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"member": member, "project": project, "form": form, "page": page}
    return render(request, "training/candidate_sets.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def candidate_set(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = in_project(member, uid, candidate_set_for)
    page = Paginator(findings_of(found), FINDINGS_SIZE).get_page(request.GET.get("page"))
    context = {
        "member": member, "project": member.project, "set": found, "sources": list(found.sources.all()),
        "page": page, "table": finding_table(found), "fates": [fate.value for fate in Fate],
    }  # fmt: skip
    template = "training/_candidate_set.html" if is_htmx(request) else "training/candidate_set.html"
    return render(request, template, context)


@login_required
@require_POST
def cancel(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    return _steered(request, slug, uid, candidate_set_cancel)


@login_required
@require_POST
def resume(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    return _steered(request, slug, uid, candidate_set_resume)


def _steered(request: HttpRequest, slug: str, uid: str, verb: Callable[..., Any]) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found: CandidateSet = in_project(member, uid, candidate_set_for)
    verb(actor=cast(User, request.user), candidate_set=found)
    return go(request, "training:candidate-set", member.project.slug, found.uid)
