"""The demonstrations of a project: a list for managers and researchers, and the same as CSV."""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from apps.core.csv_file import csv_lines
from apps.projects.access import Capability, member_for

from ..selectors.demonstrations import (
    ORDERS,
    Chosen,
    DemonstrationRow,
    demonstration_rows,
    demonstrations_of,
    demonstrations_page,
    writers_of,
)

COLUMNS = (
    "judgment", "submitted_at", "labeler", "cohort", "prompt", "question", "text", "words", "pasted_share",
    "similarity", "nearest_completion", "nearest_author", "active_seconds", "surplus",
)  # fmt: skip


@login_required
def demonstrations(request: HttpRequest, slug: str) -> HttpResponseBase:
    member = member_for(request.user, slug, Capability.CURATE)
    chosen = _chosen(request)
    if request.GET.get("format") == "csv":
        return _as_csv(member.project.slug, demonstration_rows(demonstrations_of(member.project, chosen).iterator(500)))
    page = demonstrations_page(member.project, chosen, request.GET.get("page"))
    context = {
        "member": member,
        "project": member.project,
        "page": page,
        "rows": list(demonstration_rows(page.object_list)),
        "chosen": chosen,
        "least": {"pasted": round(100 * chosen.pasted), "similar": round(100 * chosen.similar)},
        "writers": writers_of(member.project),
    }
    return render(request, "labeling/demonstrations.html", context)


def _chosen(request: HttpRequest) -> Chosen:
    """What the address asks for; what it says wrongly is as if it were not said."""
    order = request.GET.get("order", "")
    return Chosen(
        order=order if order in ORDERS else "newest",
        pasted=_percent(request.GET.get("pasted", "")) / 100,
        similar=_percent(request.GET.get("similar", "")) / 100,
        labeler=request.GET.get("labeler", "")[:40].replace("\x00", ""),
    )


def _percent(given: str) -> int:
    return min(100, int(given)) if re.fullmatch(r"[0-9]{1,3}", given) else 0


def _as_csv(slug: str, rows: Iterator[DemonstrationRow]) -> HttpResponseBase:
    lines = csv_lines(COLUMNS, map(_values, rows))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-demonstrations.csv"'
    return answer


def _values(row: DemonstrationRow) -> tuple[Any, ...]:
    one = row.demonstration
    judgment = one.judgment
    assert judgment.assignment is not None
    return (
        judgment.uid, judgment.submitted_at.isoformat(), judgment.assignment.membership.pseudonym, judgment.cohort,
        judgment.task.prompt.uid, row.question, one.completion.body, row.words, one.pasted_share, one.similarity,
        one.nearest.uid if one.nearest else None, row.nearest, judgment.active_seconds, judgment.surplus,
    )  # fmt: skip
