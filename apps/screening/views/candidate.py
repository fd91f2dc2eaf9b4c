"""The candidate's pages: practice, the exam item by item, and waiting. No key, no grade and nobody else is on them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.core.domain.errors import DomainError, NotFound, RuleBroken
from apps.core.htmx import go, is_htmx
from apps.labeling.room import order_in_words
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership
from apps.projects.selectors import current_guideline

from ..domain.answers import parse_answer
from ..domain.exam import RANKINGS, TOPICS, Item, exam_of, visible
from ..models import Attempt
from ..room import body_sent, item_context, problems_in
from ..selectors.candidate import Sitting, attempt_of, exam_in_force, sitting_of, stage_of
from ..services.attempts import answer_save, attempt_begin, attempt_submit, practice_answer


@never_cache
@login_required
def exam(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the candidate stands; POST begins."""
    member = member_for(request.user, slug, Capability.QUALIFY)
    if request.method == "POST":
        try:
            attempt_begin(member=member)
        except DomainError as error:
            messages.error(request, error.message)
        return go(request, "screening:exam", slug)
    return render(request, "screening/exam.html", _standing(member))


def _standing(member: Membership) -> dict[str, Any]:
    attempt = attempt_of(member)
    stage = stage_of(member, attempt)
    context = {"member": member, "project": member.project, "stage": stage, "attempt": attempt}
    if member.status == Membership.Status.ACTIVE and stage not in ("practice", "exam", "waiting"):
        return context | {"stage": "at_work"}
    row = attempt.exam if attempt and stage != "again" else exam_in_force(member)
    if row is not None:
        body = exam_of(row.body)
        seen = visible(body.asked, accepts_sensitive=member.accepts_sensitive)
        context |= {"exam": body, "counts": _counts(seen), "hidden": len(body.asked) - len(seen)}
    if attempt is not None and attempt.submitted_at is None:
        sitting = sitting_of(attempt)
        context |= {"sitting": sitting, "left": sum(not step.done for step in sitting.steps)}
    return context | {"guideline": current_guideline(member.project)}


def _counts(items: tuple[Item, ...]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in items:
        counts[item.part] = counts.get(item.part, 0) + 1
    return counts


def _under_way(member: Membership) -> Sitting | None:
    attempt = attempt_of(member)
    return sitting_of(attempt) if attempt and attempt.submitted_at is None else None


@never_cache
@login_required
def practice(request: HttpRequest, slug: str) -> HttpResponse:
    """One practice item at a time; after the answer, what was right and why (`?told=` its id)."""
    member = member_for(request.user, slug, Capability.QUALIFY)
    sitting = _under_way(member)
    if sitting is None or not sitting.practice:
        return go(request, "screening:exam", slug)
    if request.method == "POST":
        return _practised(request, member, sitting)
    if told := _told(sitting, request.GET.get("told", "")):
        return _show_practice(request, member, sitting, **told)
    item = _chosen(sitting, request.GET.get("item", "")) or sitting.next_practice
    return _show_practice(request, member, sitting, item=item, body={})


def _chosen(sitting: Sitting, id_: str) -> Item | None:
    return next((item for item in sitting.practice if item.id == id_), None)


def _told(sitting: Sitting, id_: str) -> dict[str, Any] | None:
    """The last try at an item with its explanation, which is shown to who answered it and nobody else."""
    item = _chosen(sitting, id_)
    last = sitting.attempt.tries.filter(item=id_).order_by("-id").first() if item else None
    if item is None or last is None:
        return None
    return {"item": item, "body": last.body, "last": last, "key": _key(sitting, item)}


def _key(sitting: Sitting, item: Item) -> list[tuple[str, str]]:
    """What the researchers said, in words: flags by label, or the order of the letters as this candidate sees them."""
    if item.part == RANKINGS:
        desk = item_context(item, sitting.exam, str(sitting.attempt.uid), {})["desk"]
        order = desk.assignment.display_order
        return [
            (_("Researcher %(n)d") % {"n": n}, order_in_words([one.tiers[place] for place in order]))
            for n, one in enumerate(item.references, start=1)
        ]
    answers = {"yes": _("Yes"), "no": _("No")}
    return [(flag.label, answers.get(item.key.get(flag.name, ""), "")) for flag in sitting.exam.flags]


def _practised(request: HttpRequest, member: Membership, sitting: Sitting) -> HttpResponse:
    item = _chosen(sitting, request.POST.get("item", ""))
    if item is None:
        raise RuleBroken(_("item: which practice item this answers."), field="item")
    body = body_sent(item, request.POST.dict())
    try:
        practice_answer(attempt=sitting.attempt, item_id=item.id, body=body)
    except RuleBroken as error:
        problems = problems_in(error, item, body)
        return _show_practice(request, member, sitting, item=item, body=body, problems=problems, status=422)
    return go(request, "screening:practice", member.project.slug, query=f"told={item.id}")


def _show_practice(
    request: HttpRequest, member: Membership, sitting: Sitting, *, item: Item | None, body: Any, problems: Any = (),
    status: int = 200, **context: Any,
) -> HttpResponse:  # fmt: skip
    if item is None:
        return go(request, "screening:exam", member.project.slug)
    shown = item_context(item, sitting.exam, str(sitting.attempt.uid), body, problems)
    context |= {"member": member, "project": member.project, "sitting": sitting, "standing": sitting.standing}
    return render(request, "screening/practice.html", context | shown, status=status)


@never_cache
@login_required
def item(request: HttpRequest, slug: str, item: str) -> HttpResponse:
    """One item of the exam. What is sent is kept first, and then looked at."""
    member = member_for(request.user, slug, Capability.QUALIFY)
    sitting = _under_way(member)
    if sitting is None or sitting.attempt.practice_passed_at is None:
        return go(request, "screening:exam", slug)
    if item == TOPICS and sitting.exam.topics:
        return _topics(request, member, sitting)
    found = next((one for one in sitting.items if one.id == item), None)
    if found is None:
        raise NotFound(_("There is no such item for you."))
    body, problems = sitting.answers.get(item), []
    if request.method == "POST":
        body = body_sent(found, request.POST.dict())
        answer_save(attempt=sitting.attempt, item_id=item, body=body)
        if request.POST.get("do") == "keep":
            return _kept(request, member, item)
        try:
            parse_answer(found, sitting.exam, body, str(sitting.attempt.uid))
        except RuleBroken as error:
            problems = problems_in(error, found, body)
        else:
            return _onward(request, member, sitting.attempt)
    shown = item_context(found, sitting.exam, str(sitting.attempt.uid), body, problems)
    context = {"member": member, "project": member.project, "sitting": sitting, "here": item} | shown
    return render(request, "screening/item.html", context, status=422 if problems else 200)


def _topics(request: HttpRequest, member: Membership, sitting: Sitting) -> HttpResponse:
    said = sitting.answers.get(TOPICS, {})
    if request.method == "POST":
        said = {"topics": request.POST.getlist("topics"), "other": request.POST.get("other", "")}
        try:
            answer_save(attempt=sitting.attempt, item_id=TOPICS, body=said)
        except RuleBroken as error:
            messages.error(request, error.message)
        else:
            if request.POST.get("do") == "keep":
                return _kept(request, member, TOPICS)
            return _onward(request, member, sitting.attempt)
    context = {"member": member, "project": member.project, "sitting": sitting, "here": TOPICS, "said": said}
    return render(request, "screening/topics.html", context)


def _kept(request: HttpRequest, member: Membership, item: str) -> HttpResponse:
    if is_htmx(request):
        return render(request, "screening/parts/kept.html")
    messages.success(request, _("Your answer is saved."))
    return go(request, "screening:item", member.project.slug, item)


def _onward(request: HttpRequest, member: Membership, attempt: Attempt) -> HttpResponse:
    """To the next item without a whole answer; when there is none, to the page where the exam is handed in."""
    left = [step.id for step in sitting_of(attempt).steps if not step.done]
    if left:
        return go(request, "screening:item", member.project.slug, left[0])
    return go(request, "screening:exam", member.project.slug)


@require_POST
@login_required
def submit(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.QUALIFY)
    attempt = attempt_of(member)
    if attempt is not None:
        try:
            attempt_submit(attempt=attempt)
        except DomainError as error:
            messages.error(request, error.message.partition(": ")[2] or error.message)
    return go(request, "screening:exam", slug)
