"""Looking back: one's own judgments, and correcting a recent one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page

from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.htmx import go
from apps.projects.access import Capability, member_for

from ..access import assignment_for
from ..domain.letters import letters_of
from ..domain.pasted import pasted_characters
from ..form_body import body_of, problems_of
from ..models import Assignment
from ..room import history_rows, judgment_fields
from ..selectors import correctable_until, history_of, standing_judgment
from ..services.judgments import judgment_correct
from .room import show_room, show_trouble


@never_cache
@gzip_page
@login_required
def correct(request: HttpRequest, uid: str) -> HttpResponse:
    """GET: the room filled with one's current judgment, while there is time. POST: what supersedes it."""
    found = assignment_for(request.user, uid)
    if request.method == "POST":
        return _correct(request, found)
    judgment = standing_judgment(found)
    if judgment is None or timezone.now() > correctable_until(found.membership, judgment.first_at):  # type: ignore[attr-defined]
        return go(request, "labeling:assignment", uid)
    values = judgment_fields(judgment)
    return show_room(request, found, values=values, mode="correct", corrects=str(judgment.uid))


def _correct(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    letters, values = letters_of(assignment.display_order), request.POST.dict()
    body, corrects = body_of(assignment.task.kind, values), values.get("corrects", "")
    try:
        done = judgment_correct(
            assignment=assignment,
            body=body,
            pasted=pasted_characters(values.get("pasted")),
            corrects=corrects,
        )
    except RuleBroken as error:
        problems = problems_of(error, body, letters)
        return show_room(
            request, assignment, values=values, problems=problems, mode="correct", corrects=corrects, status=422
        )
    except Conflict as error:
        return show_trouble(request, assignment, values, error)
    messages.success(request, _("Your correction stands.") if done.new else _("Nothing was changed."))
    return go(request, "labeling:history", assignment.membership.project.slug)


@never_cache
@login_required
def history(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.LABEL)
    page = Paginator(history_of(member), 25).get_page(request.GET.get("page"))
    rows = history_rows(member, page.object_list)
    context = {"member": member, "project": member.project, "page": page, "rows": rows}
    return render(request, "labeling/history.html", context)
