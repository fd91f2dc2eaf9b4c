"""The tasks of a project: what waits, making new ones of prompts, changing those that are there."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.domain.canonical import canonical_json
from apps.core.domain.errors import DomainError, RuleBroken
from apps.core.htmx import go
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership
from apps.projects.selectors import skills_of
from apps.prompts.domain.hygiene import Kind
from apps.prompts.domain.use_cases import INSTRUCTGPT_SHARES
from apps.prompts.selectors import PROMPTS_AT_ONCE

from ..selectors.task_lists import bands_of, strata_of, task_list
from ..selectors.tasks import PromptsWithout, prompts_without_task, tasks_matching
from ..services.screened import SCREENED_AT_ONCE
from ..services.task_changes import TasksChanged, tasks_change
from ..services.tasks import tasks_create
from ..task_forms import ChangeForm, NewTasksForm, TasksChosen

_FAULTS = {
    Kind.EMPTY: gettext_lazy("empty"),
    Kind.ALIKE: gettext_lazy("like another reply"),
    Kind.ECHO: gettext_lazy("saying the prompt back"),
    Kind.IDENTITY: gettext_lazy("telling who wrote them"),
}
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@login_required
def tasks(request: HttpRequest, slug: str) -> HttpResponse:
    """GET lists; POST `do=make` makes tasks of prompts, `do=change` changes the ticked ones or all that fit.

    `after` says where the making left off, so that prompts of which it made nothing are passed over.
    """
    member = member_for(request.user, slug, Capability.CURATE)
    chosen = TasksChosen(request.GET)
    filters = chosen.filters() if chosen.is_valid() else {}
    making = NewTasksForm(request.POST if request.POST.get("do") == "make" else None, prefix="new")
    changing = ChangeForm(request.POST if request.POST.get("do") == "change" else None)
    if request.method == "POST":
        after = _make(request, member, making)
        if after is not None or _change(request, member, changing, chosen):
            return go(request, "labeling:tasks", slug, query=_query(request, "after", after=after))
    broken = making.errors or changing.errors
    context = {
        "member": member,
        "project": member.project,
        "chosen": chosen,
        "filters": filters,
        "bands": bands_of(member.project),
        "list": task_list(member.project, before=_before(request), **filters),
        "making": making,
        "changing": changing,
        "use_cases": sorted({*INSTRUCTGPT_SHARES, *strata_of(member.project)}),
        "skills": skills_of(member.project),
        "older_query": _query(request, "before", "after"),
        "making_query": _query(request, "before", *(["after"] if broken else [])),
    }
    return render(request, "labeling/tasks.html", context, status=422 if broken else 200)


def _before(request: HttpRequest) -> int | None:
    given = request.GET.get("before", "")
    return int(given) if re.fullmatch(r"[0-9]{1,18}", given, re.ASCII) else None


def _query(request: HttpRequest, *without: str, after: str | None = None) -> str:
    query = request.GET.copy()
    for name in without:
        query.pop(name, None)
    if after:
        query["after"] = after
    return query.urlencode()


def _make(request: HttpRequest, member: Membership, form: NewTasksForm) -> str | None:
    """Where the next press is to go on, empty at the end; None where there is nothing to go to."""
    if not (form.is_bound and form.is_valid()):
        return None
    kind = form.cleaned_data["new_kind"]
    demonstrations = form.cleaned_data["demonstrations"]
    search = hashlib.sha256(canonical_json([kind, demonstrations, form.filters()])).hexdigest()[:16]
    found = _found(member, form, _after(request, search))
    try:
        if not found.prompts:
            nothing = _("No prompt fits that has no such task yet.")
            raise RuleBroken(f"{nothing}{_left_out(found.unfit)}", field="prompts")
        result = tasks_create(
            actor=member.user, project=member.project, kind=kind, prompts=found.prompts, terms=form.terms(),
            demonstrations=demonstrations, leave_out_unfit=True,
        )  # fmt: skip
    except DomainError as error:
        if error.code != "wrong_candidate_count" or not found.left:
            _blame(form, error)
            return None
        sentence = _none_made(len(found.prompts))
    else:
        made = len(result.created)
        sentence = ngettext("%(n)s task was made.", "%(n)s tasks were made.", made) % {"n": f"{made:,}"}
        sentence += _left_out(found.unfit + result.unfit) + _bad_replies(result.left_out)
    messages.success(request, sentence + _more(found))
    return f"{found.prompts[-1].pk}-{search}" if found.left else ""


def _after(request: HttpRequest, search: str) -> int:
    """The prompt at which the last press left off, 0 where that was another search."""
    said = re.fullmatch(rf"([0-9]{{1,18}})-{search}", request.GET.get("after", ""), re.ASCII)
    return int(said[1]) if said else 0


def _found(member: Membership, form: NewTasksForm, after: int) -> PromptsWithout:
    """From the beginning where nothing comes after it any more."""
    found = prompts_without_task(
        member.project, form.cleaned_data["new_kind"], most=PROMPTS_AT_ONCE, most_answered=SCREENED_AT_ONCE, after=after,
        demonstrations=form.cleaned_data["demonstrations"], **form.filters(),
    )  # fmt: skip
    return found if found.prompts or not after else _found(member, form, 0)


def _none_made(looked_at: int) -> str:
    return ngettext(
        "No task was made of the prompt looked at: too few of its replies can be shown.",
        "No task was made of the %(n)s prompts looked at: too few of their replies can be shown.",
        looked_at,
    ) % {"n": f"{looked_at:,}"}  # fmt: skip


def _more(found: PromptsWithout) -> str:
    if not found.left:
        return ""
    if found.more:
        return " " + _("There are %(n)s or more prompts left without such a task: press the button again to go on.") % {
            "n": f"{found.left:,}"
        }
    return " " + ngettext(
        "There is %(n)s prompt left without such a task: press the button again to go on.",
        "There are %(n)s prompts left without such a task: press the button again to go on.",
        found.left,
    ) % {"n": f"{found.left:,}"}  # fmt: skip


def _left_out(unfit: int) -> str:
    if not unfit:
        return ""
    if unfit >= PROMPTS_AT_ONCE:
        return " " + _(
            "%(n)d prompts or more were left out: they have too few completions for that kind, or too many."
        ) % {"n": unfit}
    return " " + ngettext(
        "%(n)d prompt was left out: it has too few completions for that kind, or too many.",
        "%(n)d prompts were left out: they have too few completions for that kind, or too many.",
        unfit,
    ) % {"n": unfit}  # fmt: skip


def _bad_replies(left_out: Mapping[str, int]) -> str:
    if not left_out:
        return ""
    kinds = ", ".join(f"{count:,} {_FAULTS[Kind(kind)]}" for kind, count in left_out.items())
    return " " + _("Replies of models that were left out: %(kinds)s.") % {"kinds": kinds}


def _change(request: HttpRequest, member: Membership, form: ChangeForm, chosen: TasksChosen) -> bool:
    if not (form.is_bound and form.is_valid()):
        return False
    try:
        tasks = tasks_matching(member.project, **_which(request, chosen))
        result = tasks_change(actor=member.user, project=member.project, tasks=tasks, change=form.change())
    except DomainError as error:
        _blame(form, error)
        return False
    messages.success(request, _told(result))
    return True


def _which(request: HttpRequest, chosen: TasksChosen) -> dict[str, Any]:
    """The ticked tasks, or the filters of all that fit: never all there are because a filter was misread."""
    if request.POST.get("which") == "all":
        if not chosen.is_valid():
            raise RuleBroken(
                _("What is chosen above is not right, so nothing was changed: mend it first."), field="which"
            )
        return chosen.filters()
    uids = [uid for uid in request.POST.getlist("task")[:1000] if _UID.fullmatch(uid)]
    if not uids:
        raise RuleBroken(_("Tick the tasks to change, or choose all that fit."), field="task")
    return {"uids": uids}


def _told(result: TasksChanged) -> str:
    sentence = ngettext("%(n)s task was changed.", "%(n)s tasks were changed.", result.changed)
    told = sentence % {"n": f"{result.changed:,}"}
    return f"{told} {_('There are more: press the button again to go on.')}" if result.more else told


def _blame(form: Any, error: DomainError) -> None:
    field = str(error.details.get("field", ""))
    form.add_error(field if field in form.fields else None, error.message.removeprefix(f"{field}: "))
