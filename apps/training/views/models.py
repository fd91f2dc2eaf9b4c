"""Models: the list, the family tree, one with its chain and its files, and what is registered from elsewhere."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.models import User
from apps.core.domain.errors import RuleBroken
from apps.core.htmx import go
from apps.projects.access import Capability, member_for
from apps.projects.models import Project

from ..access import model_in_project
from ..model_forms import CompareForm, FindForm, LicenceForm, RegisterForm
from ..selectors.family import family_of
from ..selectors.models import manifest_rows, model_story, models_listed
from ..selectors.preferred import each_two
from ..selectors.side_by_side import chosen_models, side_by_side
from ..services.bases import base_register
from ..services.preferred import preferred_now
from .problems import field_errors

PAGE_SIZE = 50


@login_required
def models(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    form = RegisterForm(request.POST) if request.method == "POST" else RegisterForm()
    if request.method == "POST" and form.is_valid():
        with field_errors(form, source="location"):
            made = base_register(actor=cast(User, request.user), project=member.project, **form.asked)
            return go(request, "training:model", member.project.slug, made.uid)
    find = FindForm(request.GET)
    page = Paginator(find.narrow(models_listed(member.project)), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"member": member, "project": member.project, "form": form, "find": find, "page": page}
    return render(request, "training/models.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def family(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = family_of(member.project)
    counted = preferred_now(pairs=found.with_parents, project=member.project)
    over_parent = {one.one.pk: one for one in counted.pairs} if counted else {}
    context = {"member": member, "project": member.project, "family": found, "over_parent": over_parent}
    return render(request, "training/family.html", context)


@login_required
@require_GET
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """The models that `model` names, side by side; without any, or with too many, the form that chooses them."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    context: dict[str, Any] = {"member": member, "project": member.project}
    context["form"] = form = CompareForm(request.GET or None, project=member.project)
    if request.GET:
        try:
            context |= _compared(member.project, form.uids)
        except RuleBroken as error:
            context["problem"] = error.message
    return render(request, "training/compare.html", context, status=422 if "problem" in context else 200)


def _compared(project: Project, uids: list[UUID]) -> dict[str, Any]:
    models = chosen_models(project, uids)
    return {"found": side_by_side(models, project), "counted": preferred_now(pairs=each_two(models), project=project)}


@login_required
@require_GET
def model(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    story = model_story(model_in_project(member, uid), member.project)
    context = {
        "member": member, "project": member.project, "story": story, "model": story.model,
        "manifest": manifest_rows(story.model.manifest),
        "licence_form": LicenceForm(initial={"licence": story.model.licence}),
    }  # fmt: skip
    return render(request, "training/model.html", context)
