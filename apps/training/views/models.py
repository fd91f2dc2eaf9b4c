"""Models: the list, one with its manifest and its chain, and bases from elsewhere."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.models import User
from apps.core.htmx import go
from apps.projects.access import Capability, member_for

from ..access import model_in_project
from ..forms import BaseForm
from ..selectors.models import manifest_rows, model_story, models_of
from ..services.bases import base_register
from .problems import field_errors

PAGE_SIZE = 50


@login_required
def models(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    form = BaseForm(request.POST) if request.method == "POST" else BaseForm()
    if request.method == "POST" and form.is_valid():
        with field_errors(form, source="location"):
            made = base_register(
                actor=cast(User, request.user),
                project=member.project,
                name=form.cleaned_data["name"],
                source=form.origin,
            )
            return go(request, "training:model", member.project.slug, made.uid)
    page = Paginator(models_of(member.project), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"member": member, "project": member.project, "form": form, "page": page}
    return render(request, "training/models.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def model(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    story = model_story(model_in_project(member, uid), member.project)
    context = {
        "member": member, "project": member.project, "story": story, "model": story.model,
        "manifest": manifest_rows(story.model.manifest),
    }  # fmt: skip
    return render(request, "training/model.html", context)
