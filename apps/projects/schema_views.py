"""The page of a project's schemas: what each version changed, and the making of the next."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict, NotFound, RuleBroken
from apps.core.htmx import go

from .access import Capability, member_for
from .domain.judgment_schema import parse_schema
from .domain.new_schema import clean_schema
from .domain.presets import PRESETS
from .domain.schema_changes import changes_between
from .models import JudgmentSchema, Membership
from .schema_form import SchemaForm
from .schema_words import PARTS, RANKINGS, change_in_words, steps_in_words
from .schema_words import PRESETS as PRESET_NAMES
from .selectors import schema_numbered, schemas_of
from .services import schema_publish


@login_required
def schemas(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: the versions, and a form that begins from the one in force, another one, or a preset. POST: its buttons."""
    member = member_for(request.user, slug, Capability.MANAGE)
    versions = list(schemas_of(member.project))
    current = versions[0]
    if request.method != "POST":
        return _page(
            request, member, versions, SchemaForm.of_body(_beginning(request, member, current), current.number)
        )
    named = {field.name for field in parse_schema(current.body).fields}
    form = SchemaForm.of_post(request.POST.dict(), named)
    deed = request.POST.get("do", "look")
    if deed == "publish":
        return _publish(request, member, versions, form)
    form.apply(deed)
    return _page(request, member, versions, form)


def _beginning(request: HttpRequest, member: Membership, current: JudgmentSchema) -> dict[str, Any]:
    if (preset := request.GET.get("preset")) is not None:
        if preset not in PRESETS:
            raise NotFound(_("There is no such preset."))
        return PRESETS[preset]
    number = request.GET.get("from", "")
    if number.isdecimal() and len(number) < 10:
        body: dict[str, Any] = schema_numbered(member.project, int(number)).body
        return body
    return dict(current.body)


def _publish(
    request: HttpRequest, member: Membership, versions: Sequence[JudgmentSchema], form: SchemaForm
) -> HttpResponse:
    try:
        done = schema_publish(
            actor=member.user, project=member.project, body=form.body(), based_on=form.based_on or None
        )
    except RuleBroken as error:
        form.blame(error)
        return _page(request, member, versions, form, status=422)
    except Conflict as error:
        form.error, form.based_on = error.message, versions[0].number
        return _page(request, member, versions, form, status=409)
    number = {"number": done.schema.number}
    if done.new:
        messages.success(request, _("Schema %(number)s is in force: whoever takes a new task gets it.") % number)
    else:
        messages.info(request, _("This is just what schema %(number)s asks, so nothing was published.") % number)
    return go(request, "projects:schemas", member.project.slug)


def _page(
    request: HttpRequest, member: Membership, versions: Sequence[JudgmentSchema], form: SchemaForm, status: int = 200
) -> HttpResponse:
    try:
        sample = parse_schema(clean_schema(form.body()))
    except RuleBroken as error:
        sample = None
        if request.method == "POST" and not form.error and request.POST.get("do") == "look":
            form.blame(error)
    context = {
        "member": member,
        "project": member.project,
        "versions": _told(versions),
        "current": versions[0],
        "form": form,
        "part_names": PARTS,
        "rankings": RANKINGS,
        "presets": PRESET_NAMES,
        "sample": sample,
        "steps": steps_in_words(sample.parts) if sample else [],
    }
    return render(request, "projects/schemas.html", context, status=status)


def _told(versions: Sequence[JudgmentSchema]) -> list[dict[str, Any]]:
    """Every version, newest first, with what it changed of the one before."""
    parsed = [parse_schema(version.body) for version in versions]
    changed = [[change_in_words(change) for change in changes_between(old, new)] for new, old in pairwise(parsed)]
    return [
        {"version": version, "schema": schema, "changes": changes}
        for version, schema, changes in zip(versions, parsed, [*changed, []], strict=True)
    ]
