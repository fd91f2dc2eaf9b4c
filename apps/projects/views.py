"""Pages of a project: its front page, its guideline, its people."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.documents import render_document
from apps.core.domain.errors import DomainError, RuleBroken
from apps.core.htmx import go, go_to

from .access import Capability, may, member_for, projects_of
from .forms import GuidelineForm, MemberForm
from .models import GuidelineVersion, Membership
from .selectors import (
    current_guideline,
    guidelines_of,
    member_of,
    members_of,
    people_of,
    skills_of,
    unacknowledged_guideline,
)
from .services import guideline_acknowledge, guideline_publish, member_add, member_set_status

# What a manager can make of a member on the page; the other statuses come about by themselves.
SETTABLE = (Membership.Status.ACTIVE, Membership.Status.SUSPENDED)


def home(request: HttpRequest) -> HttpResponse:
    """One's projects; for a stranger, what this place is."""
    if not request.user.is_authenticated:
        return render(request, "projects/landing.html")
    memberships = projects_of(request.user)
    only = memberships[0] if len(memberships) == 1 and may(memberships[0], Capability.LABEL) else None
    return render(request, "projects/home.html", {"memberships": memberships, "only": only})


@login_required
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.READ)
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
def guideline(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.READ)
    version = current_guideline(member.project)
    context = {
        "member": member,
        "project": member.project,
        "guideline": version,
        "document": render_document(version.body) if version else None,
        "unread": unacknowledged_guideline(member),
        "next": _safe_next(request, request.GET.get("next", "")),
    }
    return render(request, "projects/guideline.html", context)


@require_POST
@login_required
def acknowledge(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    member = member_for(request.user, slug, Capability.READ)
    version = guideline_acknowledge(member=member, number=number)
    messages.success(request, _("Noted: you have read guideline %(number)s.") % {"number": version.number})
    onward = _safe_next(request, request.POST.get("next", ""))
    return go_to(request, onward) if onward else go(request, "projects:overview", slug)


def _safe_next(request: HttpRequest, url: str) -> str:
    """`url` when it leads back into this installation, else nothing."""
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if safe else ""


@login_required
def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """The versions of both tracks; publishing the next one."""
    member = member_for(request.user, slug, Capability.MANAGE)
    form = GuidelineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            version = guideline_publish(actor=member.user, project=member.project, **form.cleaned_data)
        except DomainError as error:
            _blame(form, error)
        else:
            messages.success(
                request,
                _("Guideline %(number)s of the %(track)s track is now in force.")
                % {"number": version.number, "track": version.track},
            )
            return go(request, "projects:guidelines", slug)
    context = {
        "member": member,
        "project": member.project,
        "versions": _shown(guidelines_of(member.project), request.GET.get("track"), request.GET.get("number")),
        "form": form,
    }
    return render(request, "projects/guidelines.html", context, status=422 if form.errors else 200)


def _shown(versions: Iterable[GuidelineVersion], track: str | None, number: str | None) -> list[dict[str, Any]]:
    """Every version, with the text of the newest of each track and of the one asked for: texts can be long."""
    rows: list[dict[str, Any]] = []
    for version in versions:
        newest = all(row["version"].track != version.track for row in rows)
        asked = (version.track, str(version.number)) == (track, number)
        html = render_document(version.body).html if newest or asked else None
        rows.append({"version": version, "html": html, "asked": asked})
    return rows


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
        member_set_status(actor=member.user, member=other, status=status)
        messages.success(
            request, _("%(email)s is now %(status)s.") % {"email": other.user.email, "status": status.label.lower()}
        )
    except DomainError as error:
        messages.error(request, error.message)
    return go(request, "projects:members", slug)


def _blame(form: Any, error: DomainError) -> None:
    """Put a service's objection beside the field it is about."""
    field = str(error.details.get("field", ""))
    form.add_error(field if field in form.fields else None, error.message.removeprefix(f"{field}: "))
