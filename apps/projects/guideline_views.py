"""Pages of guidelines: reading one and saying so, what changed, and writing the next."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.documents import render_document
from apps.core.domain.errors import DomainError
from apps.core.htmx import go, go_to

from .access import Capability, member_for
from .domain.judgment_schema import parse_schema
from .forms import FirstGuidelineForm, GuidelineForm
from .guideline_changes import Changes, changes_between, changes_of_draft
from .guideline_rules import rules_of, unasked
from .guideline_services import GUIDELINE_MAX, guideline_acknowledge, guideline_publish
from .models import GuidelineVersion, Membership, Project, Track
from .selectors import (
    current_guideline,
    current_schema,
    guideline_numbered,
    guidelines_of,
    last_read,
    unacknowledged_guideline,
)


@login_required
def guideline(request: HttpRequest, slug: str) -> HttpResponse:
    """The version in force; for who must acknowledge it, what changed since the one they read."""
    member = member_for(request.user, slug, Capability.READ)
    unread = unacknowledged_guideline(member)
    context = _read(member, current_guideline(member.project)) | {
        "unread": unread,
        "next": _safe_next(request, request.GET.get("next", "")),
    }
    if unread is not None and (read := last_read(member)) is not None:
        context |= {"read": read, "changes": changes_between(read.guideline, unread)}
    return render(request, "projects/guideline.html", context)


@login_required
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version as it is or was."""
    member = member_for(request.user, slug, Capability.READ)
    track = _track(request.GET.get("track"))
    context = _read(member, guideline_numbered(member.project, number, track))
    in_force = current_guideline(member.project, track)
    context["in_force"] = in_force if in_force and in_force.number != number else None
    return render(request, "projects/guideline.html", context)


def _read(member: Membership, version: GuidelineVersion | None) -> dict[str, Any]:
    return {
        "member": member,
        "project": member.project,
        "guideline": version,
        "document": render_document(version.body) if version else None,
        "older": version is not None and version.number > 1,
    }


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


def _track(given: str | None) -> Track:
    return Track(given) if given in Track.values else Track.COLLECTION


def _number(given: str | None, otherwise: int) -> int:
    """A version's number as an address says it; 0, which none has, for nonsense."""
    if given is None or given == "":
        return otherwise
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


@login_required
def changes(request: HttpRequest, slug: str) -> HttpResponse:
    """What is different between two versions of a track: unless others are named, the newest and the one before."""
    member = member_for(request.user, slug, Capability.READ)
    track = _track(request.GET.get("track"))
    versions = list(guidelines_of(member.project).filter(track=track).order_by("-number").defer("body"))
    newest = versions[0].number if versions else 0
    newer = _number(request.GET.get("to"), newest)
    context: dict[str, Any] = {"member": member, "project": member.project, "track": track, "versions": versions}
    if len(versions) > 1:
        older = _number(request.GET.get("from"), max(newer - 1, 1))
        context["changes"] = changes_between(
            guideline_numbered(member.project, older, track), guideline_numbered(member.project, newer, track)
        )
    return render(request, "projects/guideline_changes.html", context)


# --- managing -----------------------------------------------------------------------------------


@login_required
def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """The versions of both tracks."""
    member = member_for(request.user, slug, Capability.MANAGE)
    versions = guidelines_of(member.project).select_related("author").defer("body")
    tracks = [(track, [one for one in versions if one.track == track]) for track in Track]
    context = {"member": member, "project": member.project, "tracks": tracks}
    return render(request, "projects/guidelines.html", context)


@login_required
def write(request: HttpRequest, slug: str) -> HttpResponse:
    """Writing the next version of a track, looking at it, publishing it."""
    member = member_for(request.user, slug, Capability.MANAGE)
    track = _track(request.POST.get("track") or request.GET.get("track"))
    in_force = current_guideline(member.project, track)
    form = _form(request, member.project, track, in_force)
    looked: dict[str, Any] = {}
    if request.method == "POST":
        publishes = request.POST.get("do") != "look"
        if publishes and form.is_valid() and _published(request, member, form):
            return go(request, "projects:guidelines", slug)
        looked = _look(member.project, request.POST.get("body", ""), in_force)
        if not publishes:
            form = _without_objections(form)
    context = {
        "member": member,
        "project": member.project,
        "track": track,
        "tracks": Track,
        "in_force": in_force,
        "form": form,
        "moved_on": _moved_on(request, in_force),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "projects/guideline_write.html", context | looked, status=status)


def _moved_on(request: HttpRequest, in_force: GuidelineVersion | None) -> bool:
    """Whether another version is in force than the one that this text began from. From then on it begins from that."""
    standing = in_force.number if in_force else 0
    return request.method == "POST" and _number(request.POST.get("based_on"), standing) != standing


def _form(
    request: HttpRequest, project: Project, track: Track, in_force: GuidelineVersion | None
) -> FirstGuidelineForm:
    kind = GuidelineForm if in_force else FirstGuidelineForm
    if request.method == "POST":
        return kind(request.POST)
    begun = _number(request.GET.get("from"), in_force.number if in_force else 0)
    body = guideline_numbered(project, begun, track).body if in_force else ""
    return kind(initial={"track": track, "body": body, "based_on": in_force.number if in_force else 0})


def _without_objections(form: FirstGuidelineForm) -> FirstGuidelineForm:
    """What was typed, unjudged: looking is not publishing."""
    return type(form)(initial={name: form.data.get(name, "") for name in form.fields})


def _published(request: HttpRequest, member: Membership, form: FirstGuidelineForm) -> bool:
    try:
        version = guideline_publish(actor=member.user, project=member.project, **form.cleaned_data)
    except DomainError as error:
        field = str(error.details.get("field", ""))
        form.add_error(field if field in form.fields else None, error.message.removeprefix(f"{field}: "))
        return False
    messages.success(
        request,
        _("Guideline %(number)s of the %(track)s track is now in force.")
        % {"number": version.number, "track": version.get_track_display()},
    )
    return True


def _look(project: Project, body: str, in_force: GuidelineVersion | None) -> dict[str, Any]:
    """The text as labelers would read it, what is different, and which rule the room would open for what."""
    text = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text or len(text) > GUIDELINE_MAX:
        return {}
    document = render_document(text)
    found = rules_of(document, parse_schema(current_schema(project).body))
    changes: Changes | None = changes_of_draft(in_force, text) if in_force else None
    return {"document": document, "found": found, "unasked": unasked(document, found), "changes": changes}
