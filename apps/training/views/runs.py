"""Training runs: the form that launches one, its page, and what can be done with it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.models import User
from apps.core.domain.errors import NotFound
from apps.core.htmx import go, is_htmx
from apps.projects.access import Capability, member_for
from apps.registry.models import GenerationRun

from ..access import generation_run_for, in_project, training_run_for
from ..domain.facts import facts_of
from ..domain.readings.policy import read_policy
from ..domain.readings.reward import read_reward
from ..domain.readings.sft import read_sft
from ..forms import GENERATE, KINDS, WHAT, LaunchForm
from ..models import TrainingRun
from ..selectors.candidates import candidate_set_with
from ..selectors.curves import curves_of
from ..selectors.runs import completions_written, loop_with, prefill, tasks_of
from ..services.launch import generation_launch, training_launch
from ..services.steer import run_cancel, run_resume
from .problems import field_errors

TASKS_SHOWN = 20


@login_required
def launch(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    if kind not in KINDS:
        raise NotFound("There is no such kind of run.")
    if request.method == "POST":
        form = LaunchForm(request.POST, kind=kind, project=member.project)
        if form.is_valid():
            with field_errors(form, model="model_version"):
                run = _launched(request, form)
                return go(request, page_of(run), member.project.slug, run.uid)
    else:
        form = LaunchForm(
            kind=kind, project=member.project, initial=prefill(member.project, kind, request.GET.get("from"))
        )
    context = {
        "member": member, "project": member.project, "form": form, "kind": kind, "kinds": KINDS.items(),
        "what": WHAT[kind], "title": KINDS[kind],
    }  # fmt: skip
    return render(request, "training/launch.html", context, status=422 if form.errors else 200)


def _launched(request: HttpRequest, form: LaunchForm) -> TrainingRun | GenerationRun:
    actor = cast(User, request.user)
    if form.kind == GENERATE:
        return generation_launch(actor=actor, project=form.project, spec=form.spec, **form.rows)
    return training_launch(actor=actor, project=form.project, kind=form.kind, spec=form.spec, **form.rows)


def page_of(run: TrainingRun | GenerationRun) -> str:
    return "training:run" if isinstance(run, TrainingRun) else "training:generation"


@login_required
@require_GET
def run(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = in_project(member, uid, training_run_for)
    context = {
        "member": member, "project": member.project, "run": found, "loop": loop_with(found), "title": KINDS[found.kind],
        "curves": curves_of(found), **_reading(found),
    }  # fmt: skip
    return render(request, "training/_run.html" if is_htmx(request) else "training/run.html", context)


def _reading(run: TrainingRun) -> dict[str, Any]:
    if not run.report:
        return {}
    if run.kind == TrainingRun.Kind.REWARD:
        made = run.output_model.manifest if run.output_model else {}
        return {"reward": read_reward(run.report, made.get("normalisation"))}
    if run.kind == TrainingRun.Kind.PPO:
        return {"policy": read_policy(run.report)}
    if run.kind == TrainingRun.Kind.SFT:
        return {"sft": read_sft(run.report)}
    return {"facts": facts_of(run.report)}


@login_required
@require_GET
def generation(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = in_project(member, uid, generation_run_for)
    tasks = tasks_of(found)
    context = {
        "member": member, "project": member.project, "run": found, "loop": loop_with(found),
        "written": completions_written(found), "tasks": tasks[:TASKS_SHOWN], "task_count": tasks.count(),
        "facts": facts_of(found.report), "candidates": candidate_set_with(found),
    }  # fmt: skip
    return render(request, "training/_generation.html" if is_htmx(request) else "training/generation.html", context)


Door = Callable[[Any, Any], TrainingRun] | Callable[[Any, Any], GenerationRun]
DOORS: dict[str, Door] = {"training:run": training_run_for, "training:generation": generation_run_for}


@login_required
@require_POST
def cancel(request: HttpRequest, slug: str, uid: str, page: str) -> HttpResponse:
    return _steered(request, slug, uid, page, run_cancel)


@login_required
@require_POST
def resume(request: HttpRequest, slug: str, uid: str, page: str) -> HttpResponse:
    return _steered(request, slug, uid, page, run_resume)


def _steered(request: HttpRequest, slug: str, uid: str, page: str, verb: Callable[..., Any]) -> HttpResponse:
    member = member_for(request.user, slug, Capability.RESEARCH)
    found = in_project(member, uid, cast(Callable[[Any, Any], TrainingRun], DOORS[page]))
    verb(actor=cast(User, request.user), run=found)
    return go(request, page, member.project.slug, found.uid)
