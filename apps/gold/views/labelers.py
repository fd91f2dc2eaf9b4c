"""Labelers by their gold and their retests: all of them, and one over time."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.domain.errors import NotFound
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership
from apps.projects.selectors import member_of
from apps.quality.shown import csv_answer

from ..selectors import gold_answers, retests_of
from ..selectors.items import gold_items
from ..selectors.scores import scores_of
from ..services.kept import gold_now, months_of, weeks_of
from ..tables import consistency_of_all, months_table, ordered_scores, share_number, weeks_table
from .uids import uid_of


@login_required
def labelers(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    numbers = gold_now(member.project)
    uids = dict(Membership.objects.filter(pk__in=numbers.scores).values_list("pk", "uid"))
    rows = [(one, share_number(one.standing), uids[one.member]) for one in ordered_scores(numbers.scores.values())]
    context = {
        "member": member, "project": member.project, "rows": rows, "consistency": consistency_of_all(numbers),
        "weeks": weeks_table(numbers.weeks), "computed_at": numbers.computed_at,
        "threshold": f"{100 * member.project.gold_threshold:g}",
    }  # fmt: skip
    return render(request, "gold/labelers.html", context)


@login_required
def labeler(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """One labeler over time."""
    member = member_for(request.user, slug, Capability.CURATE)
    project, looked_at = member.project, member_of(member.project, uid)
    answers = gold_answers(project, looked_at)
    score = scores_of(answers, project.gold_threshold).get(looked_at.pk)
    uids = dict(gold_items(project).values_list("pk", "uid"))
    context = {
        "member": member, "project": project, "labeler": looked_at, "score": score,
        "number": share_number(score.standing) if score else None, "threshold": f"{100 * project.gold_threshold:g}",
        "weeks": weeks_table(weeks_of(answers)), "months": months_table(months_of(retests_of(project, looked_at))),
        "answers": [(one, uids[one.item]) for one in reversed(answers)], "query": f"?labeler={looked_at.uid}",
    }  # fmt: skip
    return render(request, "gold/labeler.html", context)


@login_required
def over_time(request: HttpRequest, slug: str, over: str) -> HttpResponse:
    """Gold by week, or consistency by month, as a file: of everybody, or of one `labeler`."""
    member = member_for(request.user, slug, Capability.CURATE)
    project, given = member.project, request.GET.get("labeler", "")
    looked_at = member_of(project, uid_of(given)) if given else None
    if over == "weeks":
        table = weeks_table(weeks_of(gold_answers(project, looked_at)) if looked_at else gold_now(project).weeks)
    elif over == "months":
        table = months_table(months_of(retests_of(project, looked_at)) if looked_at else gold_now(project).months)
    else:
        raise NotFound("There is no such table.")
    of = looked_at.pseudonym if looked_at else "everybody"
    return csv_answer(f"{slug}-gold-{of}-{over}", table.columns, table.values)
