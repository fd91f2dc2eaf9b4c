"""Pages of snapshots: the list with its form, and one snapshot with its files."""

from contextlib import suppress
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from apps.accounts.models import User
from apps.core.domain.errors import NotFound, RuleBroken
from apps.core.htmx import go, is_htmx
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership

from .access import snapshot_for
from .domain.derived import derived_names
from .domain.filters import told
from .forms import SnapshotForm
from .models import DatasetSnapshot
from .selectors import files_of, snapshots_of
from .services.create import snapshot_create
from .services.wanted import BeingMade, file_want, is_small

SHOWN = 50


@login_required
def snapshots(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    form = SnapshotForm(member.project, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            snapshot = snapshot_create(
                actor=cast(User, request.user), project=member.project, kind=form.cleaned_data["kind"],
                purpose=form.cleaned_data["purpose"], filter=form.filter, licence=form.cleaned_data["licence"],
            )  # fmt: skip
            return go(request, "datasets:snapshot", member.project.slug, snapshot.uid)
        except RuleBroken as error:
            form.blame(error.field, error.message)
    context = {
        "member": member,
        "project": member.project,
        "form": form,
        "snapshots": snapshots_of(member.project)[:SHOWN],
    }
    return render(request, "datasets/snapshots.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def snapshot_file(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """Ask for a file that a worker makes; its page follows."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = _snapshot_of(member, request.user, uid)
    name = request.POST.get("name", "")
    if name not in derived_names(found.kind):
        raise RuleBroken(f"name: one of {', '.join(derived_names(found.kind))}.", field="name")
    with suppress(BeingMade):  # the page says so
        file_want(snapshot=found, name=name, again=True)
    return go(request, "datasets:snapshot", slug, found.uid)


@login_required
def snapshot(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = _snapshot_of(member, request.user, uid)
    context = {
        "member": member,
        "project": member.project,
        "snapshot": found,
        "files": files_of(found),
        "small": is_small(found),
        "filter": told(found.filter),
    }
    return render(request, "datasets/_state.html" if is_htmx(request) else "datasets/snapshot.html", context)


def _snapshot_of(member: Membership, user: Any, uid: str) -> DatasetSnapshot:
    found = snapshot_for(user, uid)
    if found.project_id != member.project_id:
        raise NotFound("There is no such snapshot in this project.")
    return found
