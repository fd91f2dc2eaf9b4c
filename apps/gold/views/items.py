"""The items: all of them, one, a new one, and retiring."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.domain.errors import DomainError, NotFound
from apps.core.htmx import go
from apps.labeling.models import Task
from apps.labeling.selectors.task_lists import task_list
from apps.labeling.selectors.tasks import tasks_matching
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership
from apps.projects.selectors import member_of
from apps.prompts.models import Completion
from apps.prompts.selectors import messages_of
from apps.quality.shown import csv_answer

from ..forms import KeyForm, RetireForm
from ..selectors import gold_answers
from ..selectors.items import gold_item, gold_items, item_rows, placed
from ..services.items import gold_create, gold_retire
from ..services.kept import gold_now
from ..tables import SHEETS, answers_sheet
from .uids import uid_of


@login_required
def items(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    project = member.project
    numbers = gold_now(project)
    rows = item_rows(gold_items(project), numbers.items)
    context = {
        "member": member, "project": project, "computed_at": numbers.computed_at, "proposed": [row for row in rows if row.proposed],
        "live": [row for row in rows if row.item.retired_at is None and not row.proposed],
        "retired": [row for row in rows if row.item.retired_at is not None],
    }  # fmt: skip
    return render(request, "gold/items.html", context)


@login_required
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Without `task`: the ranking tasks to choose from. With it: the form. POST makes the item."""
    member = member_for(request.user, slug, Capability.CURATE)
    given = request.GET.get("task", "")
    if not given:
        before = request.GET.get("before", "")
        place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        found = task_list(member.project, before=place, kind=Task.Kind.RANK)
        return render(request, "gold/choose.html", {"member": member, "project": member.project, "list": found})
    task = _task(member, given)
    form = KeyForm(len(task.candidates), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            item = gold_create(
                actor=member.user, project=member.project, prompt=task.prompt, candidates=task.candidates,
                pairs=form.pairs, may_miss=form.cleaned_data["may_miss"], explanation=form.cleaned_data["explanation"],
                requires=task.requires,
            )  # fmt: skip
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The item is gold now; labelers get it at the project's rate."))
            return go(request, "gold:item", slug, item.uid)
    return render(request, "gold/new.html", _form_context(member, task, form), status=422 if form.errors else 200)


def _task(member: Membership, given: str) -> Task:
    ranked = tasks_matching(member.project, kind=Task.Kind.RANK).select_related("prompt")
    found = ranked.filter(uid=uid_of(given)).first()
    if found is None:
        raise NotFound("There is no such ranking task in this project.")
    return found


def _form_context(member: Membership, task: Task, form: KeyForm) -> dict[str, Any]:
    texts = Completion.objects.in_bulk(task.candidates)
    candidates = [(number, texts[pk]) for number, pk in enumerate(task.candidates, start=1)]
    return {
        "member": member, "project": member.project, "task": task, "form": form, "messages_of_prompt": messages_of(task.prompt),
        "candidates": list(zip(candidates, form.places, strict=True)),
    }  # fmt: skip


@login_required
def item(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    return _item_page(request, member, uid, RetireForm())


def _item_page(request: HttpRequest, member: Membership, uid: str, form: RetireForm, status: int = 200) -> HttpResponse:
    project, found = member.project, gold_item(member.project, uid)
    (row,) = item_rows([found], gold_now(project).items)
    context = {
        "member": member, "project": project, "row": row, "item": found, "form": form, "placed": placed(found),
        "answers": list(reversed(gold_answers(project, item=found))), "messages_of_prompt": messages_of(found.task.prompt),
    }  # fmt: skip
    return render(request, "gold/item.html", context, status=status)


@require_POST
@login_required
def retire(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    found, form = gold_item(member.project, uid), RetireForm(request.POST)
    if form.is_valid():
        try:
            gold_retire(actor=member.user, item=found, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Retired: nobody gets it any more, and it stays in the record."))
            return go(request, "gold:items", slug)
    return _item_page(request, member, uid, form, status=422)


@login_required
def table(request: HttpRequest, slug: str, sheet: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    if sheet not in SHEETS:
        raise NotFound("There is no such table.")
    found = SHEETS[sheet](member.project, gold_now(member.project))
    return csv_answer(f"{slug}-gold-{sheet}", found.columns, found.values)


@login_required
def answers(request: HttpRequest, slug: str) -> HttpResponse:
    """The answers to gold as a file: all of them, those of one `labeler`, or those to one `item`."""
    member = member_for(request.user, slug, Capability.CURATE)
    project, labeler, asked = member.project, request.GET.get("labeler", ""), request.GET.get("item", "")
    found = gold_item(project, uid_of(asked)) if asked else None
    given = gold_answers(project, member_of(project, uid_of(labeler)) if labeler else None, found)
    sheet = answers_sheet(project, given)
    return csv_answer(f"{slug}-gold-answers", sheet.columns, sheet.values)
