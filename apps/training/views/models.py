"""Models: the list, the family tree, one with its chain and its files, and what is registered from elsewhere."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.models import User
from apps.core.domain.errors import RuleBroken
from apps.core.htmx import go
from apps.projects.access import Capability, member_for

from ..access import model_in_project
from ..model_forms import CompareForm, FindForm, LicenceForm, RegisterForm
from ..selectors.family import family_of
from ..selectors.models import manifest_rows, model_story, models_listed
from ..selectors.side_by_side import chosen_models, side_by_side
from ..services.bases import base_register
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
    context = {"member": member, "project": member.project, "family": family_of(member.project)}
    return render(request, "training/family.html", context)


@login_required
@require_GET
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """The models that `model` names, side by side; without any, or with too many, the form that chooses them."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    form, problem, found = CompareForm(request.GET or None, project=member.project), "", None
    if request.GET:
        try:
            found = side_by_side(chosen_models(member.project, form.uids), member.project)
        except RuleBroken as error:
            problem = error.message
    context = {"member": member, "project": member.project, "form": form, "problem": problem, "found": found}
    return render(request, "training/compare.html", context, status=422 if problem else 200)


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
