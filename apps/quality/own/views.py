"""A labeler's own page: it helps, and measures nobody against anybody by name."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.domain.errors import NotFound, RuleBroken
from apps.core.htmx import go
from apps.feedback.selectors import own_questions, unread_answers
from apps.labeling.selectors import pace_of
from apps.projects.access import Capability, member_for
from apps.projects.guideline_changes import changes_between
from apps.projects.models import Membership
from apps.projects.selectors import current_guideline, last_read

from ..selectors.own import kept_about, with_others
from ..selectors.volunteers import answers_of, questions_of
from ..services.volunteers import answers_give, answers_withdraw
from ..shown import csv_answer
from .tables import TABLES

ANSWERS_SHOWN = 3
KINDS = {"rank": gettext_lazy("Ranking"), "rate": gettext_lazy("Rating"), "demonstrate": gettext_lazy("Writing")}


@login_required
def me(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.LABEL)
    wrong = ""
    if request.method == "POST":
        try:
            _volunteer(request, member)
        except RuleBroken as error:
            wrong = error.message
        else:
            return go(request, "quality:me", slug)
    return render(request, "quality/me.html", _context(member) | {"wrong": wrong}, status=422 if wrong else 200)


@login_required
def me_table(request: HttpRequest, slug: str, span: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.LABEL)
    if span not in TABLES:
        raise NotFound(_("There is no such table."))
    found = TABLES[span](member)
    return csv_answer(f"{slug}-my-{span}", found.columns, found.values)


def _volunteer(request: HttpRequest, member: Membership) -> None:
    """One button of the form: `do` tells or withdraws. Questions are known by their place on the page and their text."""
    if request.POST.get("do") == "withdraw":
        answers_withdraw(member=member)
        messages.success(request, _("Withdrawn: nothing of it is kept."))
        return
    asked = zip(request.POST.getlist("question"), request.POST.getlist("answer"), strict=False)
    answers_give(member=member, answers=dict(asked))
    messages.success(request, _("Saved. You can change or withdraw it here at any time."))


def _context(member: Membership) -> dict[str, Any]:
    questions = own_questions(member)
    given = answers_of(member)
    return {
        "member": member, "project": member.project, "tables": [table(member) for table in TABLES.values()],
        "paces": [(KINDS[pace.kind], pace) for pace in pace_of(member)], "others": with_others(member), "kept": kept_about(member),
        "asked": questions.count(), "unread": unread_answers(member),
        "answered": questions.filter(answered_at__isnull=False).order_by("-answered_at")[:ANSWERS_SHOWN],
        "volunteer": [one | {"given": given.get(one["question"], "")} for one in questions_of(member.project)],
        "told": bool(given), **_guideline(member),
    }  # fmt: skip


def _guideline(member: Membership) -> dict[str, Any]:
    """The version in force, the one last read, and what came since."""
    in_force, read = current_guideline(member.project), last_read(member)
    since = []
    if in_force and read and read.guideline.number < in_force.number:
        since = changes_between(read.guideline, in_force).versions
    return {"in_force": in_force, "read": read, "since": since}
