"""What may be done with a model from its page: taken out of use and back, and its licence learned later."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from apps.accounts.models import User
from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.htmx import go
from apps.projects.access import Capability, member_for

from ..access import model_in_project
from ..model_forms import LicenceForm
from ..services.upkeep import model_licence_set, model_restore, model_retire


@login_required
@require_POST
def retire(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    return _done(request, slug, uid, model_retire)


@login_required
@require_POST
def restore(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    return _done(request, slug, uid, model_restore)


@login_required
@require_POST
def licence(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    form = LicenceForm(request.POST)
    typed = form.cleaned_data["licence"] if form.is_valid() else ""
    problem = "" if form.is_valid() else " ".join(str(error) for errors in form.errors.values() for error in errors)
    return _done(request, slug, uid, model_licence_set, problem, licence=typed)


def _done(
    request: HttpRequest, slug: str, uid: str, verb: Callable[..., Any], problem: str = "", **given: Any
) -> HttpResponse:
    """Back to the page; what was refused is said above it."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    model = model_in_project(member, uid)
    try:
        if not problem:
            verb(actor=cast(User, request.user), model=model, **given)
    except (RuleBroken, Conflict) as error:
        problem = error.message
    if problem:
        messages.error(request, problem)
    return go(request, "training:model", member.project.slug, model.uid)
