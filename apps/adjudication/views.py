"""The queue of disagreements, the sheet on which one is settled, and the rules of a project."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.core.documents import render_document
from apps.core.domain.errors import DomainError, RuleBroken
from apps.core.htmx import go
from apps.labeling.form_body import Problem, body_of, problems_of
from apps.labeling.room_texts import room_translations
from apps.projects.access import Capability, may, member_for
from apps.projects.models import Membership
from apps.projects.selectors import current_guideline
from apps.quality.shown import csv_answer

from .access import must_not_see_sensitive, sheet_for
from .forms import CATEGORIES, MoreForm, QueueFilter, RulesForm, ladder_form, ladder_values, rule_choices
from .selectors.queue import queue_of, queue_rows, totals_of, use_cases_in
from .selectors.resolutions import gold_proposed, resolutions_by_category, unclear_rules
from .selectors.sheet import Sheet
from .services.more import MoreAsked, judgments_ask_more
from .services.resolutions import resolution_create
from .services.rounds import disagreements_now
from .services.rules import rules_of, rules_set
from .two_up import name_of, two_up

SHOWN = 25
_IN_FILE = 100_000


@login_required
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """What waits, what matters most first, and for managers the rules."""
    member = member_for(request.user, slug, Capability.ADJUDICATE)
    return _queue_page(request, member)


def _queue_page(request: HttpRequest, member: Membership, **forms: Any) -> HttpResponse:
    looked_at = disagreements_now(project=member.project)
    chosen = QueueFilter(use_cases_in(member.project), request.GET)
    filters = chosen.filters()
    rows = queue_of(member, **filters, sees_sensitive=not must_not_see_sensitive(member))
    after = _after(request)
    found = list((rows.filter(place__lt=after) if after else rows)[: SHOWN + 1])
    manages = may(member, Capability.MANAGE)
    context = {
        "member": member, "project": member.project, "looked_at": looked_at, "chosen": chosen, "filters": filters,
        "rows": list(queue_rows(found[:SHOWN])), "after": found[SHOWN - 1].place if len(found) > SHOWN else None,
        "query": _without(request, "after"), "totals": totals_of(member.project), "manages": manages,
        "categories": _categories(member), "unclear": unclear_rules(member.project)[:10],
    }  # fmt: skip
    if manages:
        context["gold"] = list(gold_proposed(member.project)[:10])
        context |= {"rules": RulesForm.showing(rules_of(member.project)), "more": MoreForm()} | forms
    return render(request, "adjudication/queue.html", context, status=422 if forms else 200)


def _categories(member: Membership) -> list[tuple[str, int]]:
    counted = resolutions_by_category(member.project)
    return [(str(label), counted[name]) for name, label in CATEGORIES if counted[name]]


@login_required
def queue_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The queue as CSV, with the same filters."""
    member = member_for(request.user, slug, Capability.ADJUDICATE)
    disagreements_now(project=member.project)
    chosen = QueueFilter(use_cases_in(member.project), request.GET)
    rows = queue_of(member, **chosen.filters(), sees_sensitive=not must_not_see_sensitive(member))
    columns = ["task", "disagreement", "judgments", "pairs_compared", "pairs_alike", "pairs_fed_into_training", "cohort",
               "use_case", "sensitive", "priority", "resolved"]  # fmt: skip
    values = (
        [
            row.task.uid, round(row.disagreement, 4), row.judgments, row.compared, row.alike, row.feeds, row.cohort,
            row.use_case, row.task.sensitive, row.priority, row.resolved,
        ]
        for row in rows.select_related(None).select_related("task")[:_IN_FILE].iterator()
    )  # fmt: skip
    return csv_answer(f"{member.project.slug}-disagreements", columns, values)


@login_required
@require_POST
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    form = RulesForm(request.POST)
    if form.is_valid():
        try:
            rules_set(actor=member.user, project=member.project, **form.values())
            messages.success(request, _("The rules hold from now on."))
            return go(request, "adjudication:queue", slug)
        except RuleBroken as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    return _queue_page(request, member, rules=form)


@login_required
@require_POST
def more(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    form = MoreForm(request.POST)
    if form.is_valid():
        asked = judgments_ask_more(actor=member.user, project=member.project, **form.values())
        messages.success(request, _told(asked))
        return go(request, "adjudication:queue", slug)
    return _queue_page(request, member, more=form)


def _told(asked: MoreAsked) -> str:
    if not asked.tasks:
        return _("No open task has less agreement than that and all its judgments, so nothing was asked for.")
    sentence = ngettext(
        "%(tasks)d task asks for more: %(judgments)d judgments in all.",
        "%(tasks)d tasks ask for more: %(judgments)d judgments in all.",
        asked.tasks,
    ) % {"tasks": asked.tasks, "judgments": asked.judgments}
    return f"{sentence} {_('There are more: press the button again to go on.')}" if asked.more else sentence


@login_required
def sheet(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """GET shows any two judgments of a task side by side; POST settles it and leads to the next."""
    member, found = sheet_for(request.user, slug, uid)
    if request.method != "POST":
        return _sheet_page(request, member, found, ladder_values(found))
    values = request.POST.dict()
    body, category = body_of("rank", values), values.get("category", "")
    try:
        resolution_create(
            actor=member, sheet=found, category=category, tiers=body["tiers"],
            rule=values.get("rule", "") if category == "guideline" else "",
            note=values.get("note", ""), supersedes=values.get("supersedes"), seen=request.POST.getlist("seen"),
        )  # fmt: skip
    except RuleBroken as error:
        problems = problems_of(error, body, found.letters)
        return _sheet_page(request, member, found, values, problems, status=422)
    except DomainError as error:
        return _sheet_page(request, member, found, values, trouble=error.message, status=error.status)
    messages.success(request, _("Settled. The judgments stay as they are."))
    following = queue_of(member, sees_sensitive=not must_not_see_sensitive(member)).first()
    if following is None:
        return go(request, "adjudication:queue", slug)
    return go(request, "adjudication:sheet", slug, following.task.uid)


def _sheet_page(
    request: HttpRequest, member: Membership, found: Sheet, values: dict[str, str],
    problems: list[Problem] | None = None, trouble: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    guideline = current_guideline(member.project)
    two = two_up(found, _number(request, "left"), _number(request, "right"))
    context = {
        "member": member, "project": member.project, "sheet": found, "desk": found,
        "form": ladder_form(found, values, problems or ()), "trouble": trouble,
        "two": two, "two_columns": (two.left, two.right),
        "voices": [(voice.number, name_of(voice)) for voice in found.voices],
        "category": values.get("category", ""), "categories": CATEGORIES, "guideline": guideline,
        "rules": rule_choices(render_document(guideline.body).rules if guideline else (), values.get("rule", "")),
        "room_texts": room_translations(),
    }  # fmt: skip
    return render(request, "adjudication/sheet.html", context, status=status)


def _number(request: HttpRequest, name: str) -> int:
    given = request.GET.get(name, "")
    return int(given) if re.fullmatch(r"[0-9]{1,4}", given, re.ASCII) else 0


def _after(request: HttpRequest) -> int | None:
    given = request.GET.get("after", "")
    return int(given) if re.fullmatch(r"[0-9]{1,18}", given, re.ASCII) else None


def _without(request: HttpRequest, name: str) -> str:
    query = request.GET.copy()
    query.pop(name, None)
    return query.urlencode()
