"""Pages of a project: its front page, its people."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.models import User
from apps.core.domain.errors import DomainError, RuleBroken
from apps.core.htmx import go

from .access import Capability, may, may_create, member_for, projects_of, require_creator
from .forms import MemberForm, ProjectForm
from .models import Membership
from .selectors import (
    current_guideline,
    member_of,
    members_of,
    people_of,
    skills_of,
    unacknowledged_guideline,
)
from .services import member_add, member_set_status, project_create

# What a manager can make of a member on the page; the other statuses come about by themselves.
SETTABLE = (Membership.Status.ACTIVE, Membership.Status.SUSPENDED)


def home(request: HttpRequest) -> HttpResponse:
    """One's projects; for a stranger, what this place is."""
    if not request.user.is_authenticated:
        return render(request, "projects/landing.html")
    memberships = projects_of(request.user)
    only = memberships[0] if len(memberships) == 1 and may(memberships[0], Capability.LABEL) else None
    context = {"memberships": memberships, "only": only, "may_create": may_create(request.user)}
    return render(request, "projects/home.html", context)


@login_required
def project_new(request: HttpRequest) -> HttpResponse:
    """A new project, for those who may create one: they become its manager."""
    user = cast(User, request.user)
    require_creator(user)
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project = project_create(actor=user, **form.cleaned_data)
        except DomainError as error:
            _blame(form, error)
        else:
            messages.success(request, _("%(name)s is there, and you are its manager.") % {"name": project.name})
            return go(request, "projects:overview", project.slug)
    return render(request, "projects/new.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.READ)
    if member.status == Membership.Status.QUALIFYING:
        return go(request, "screening:exam", slug)
    project = member.project
    context: dict[str, Any] = {
        "member": member,
        "project": project,
        "guideline": current_guideline(project),
        "unread": unacknowledged_guideline(member),
        "may_label": may(member, Capability.LABEL),
    }
    if not context["may_label"]:
        context["people"] = people_of(project)
    return render(request, "projects/overview.html", context)


@login_required
def members(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data | {"password": form.cleaned_data["password"] or None}
        try:
            added = member_add(actor=member.user, project=member.project, **values)
        except DomainError as error:
            _blame(form, error)
        else:
            messages.success(
                request,
                _("%(email)s is now a member (%(role)s), known in exports as %(pseudonym)s.")
                % {"email": added.user.email, "role": added.get_role_display(), "pseudonym": added.pseudonym},
            )
            return go(request, "projects:members", slug)
    context = {
        "member": member,
        "project": member.project,
        "members": members_of(member.project),
        "known_skills": skills_of(member.project),
        "form": form,
    }
    return render(request, "projects/members.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def member_status(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    other = member_of(member.project, uid)
    if (asked := request.POST.get("status", "")) not in SETTABLE:
        raise RuleBroken(f"status: one of {', '.join(SETTABLE)}.", field="status")
    status = Membership.Status(asked)
    try:
        member_set_status(actor=member.user, member=other, status=status, reason=request.POST.get("reason", ""))
        messages.success(
            request, _("%(email)s is now %(status)s.") % {"email": other.user.email, "status": status.label.lower()}
        )
    except DomainError as error:
        said = error.message.removeprefix("reason: ")
        messages.error(request, said[:1].upper() + said[1:])
    return go(request, "projects:members", slug)


def _blame(form: Any, error: DomainError) -> None:
    """Put a service's objection beside the field it is about."""
    field = str(error.details.get("field", ""))
    form.add_error(field if field in form.fields else None, error.message.removeprefix(f"{field}: "))
