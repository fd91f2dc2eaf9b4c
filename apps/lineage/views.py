"""The prompts of a project, the story of one, and what a snapshot holds."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.domain.errors import NotFound
from apps.datasets.access import snapshot_for
from apps.projects.access import Capability, member_for
from apps.prompts.models import Split

from .selectors import prompt_of, prompts_page, records_of, records_page, rows_of, story_of, use_cases_of


@login_required
def prompts(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    chosen = {
        name: request.GET.get(name, "")[:200].replace("\x00", "") for name in ("use_case", "split", "text", "written")
    }
    page = prompts_page(member.project, number=request.GET.get("page"), **chosen)
    context = {
        "member": member,
        "project": member.project,
        "page": page,
        "rows": rows_of(page),
        "chosen": chosen,
        "use_cases": use_cases_of(member.project),
        "splits": Split.values,
    }
    return render(request, "lineage/prompts.html", context)


@login_required
def prompt(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    story = story_of(prompt_of(member.project, uid))
    return render(request, "lineage/prompt.html", {"member": member, "project": member.project, "story": story})


@login_required
def records(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    snapshot = snapshot_for(request.user, uid)
    if snapshot.project_id != member.project_id:
        raise NotFound("There is no such snapshot in this project.")
    page = records_page(snapshot, number=request.GET.get("page"))
    context = {
        "member": member, "project": member.project, "snapshot": snapshot, "page": page, "rows": records_of(page),
    }  # fmt: skip
    return render(request, "lineage/records.html", context)
