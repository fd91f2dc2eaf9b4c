"""Making an exam: its versions, the draft, and one item of the draft."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.domain.errors import DomainError, NotFound
from apps.core.htmx import go
from apps.labeling.form_body import Problem, fields_of
from apps.labeling.forms import room_form
from apps.labeling.room import order_in_words
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership

from ..domain.exam import PARTS, PRACTISED, RANKINGS, Exam, Item, exam_of
from ..domain.new_exam import unfinished
from ..forms import ExamForm, item_sent
from ..models import Exam as ExamRow
from ..room import desk_of_item, item_context, tiers_sent
from ..selectors.exams import draft_of, exam_numbered, exams_of
from ..selectors.results import researchers_agree
from ..services.exams import exam_begin, exam_publish, exam_set, item_put, item_remove, reference_put
from ..words import PART_NAMES, cutoff_text, told

TEXTS_SHOWN = 4


@login_required
def exams(request: HttpRequest, slug: str) -> HttpResponse:
    """The versions; POST begins the next one."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    if request.method == "POST":
        exam_begin(actor=member)
        return go(request, "screening:draft", slug)
    versions = [(row, exam_of(row.body)) for row in exams_of(member.project)]
    context = {"member": member, "project": member.project, "versions": versions, "draft": draft_of(member.project)}
    return render(request, "screening/exams.html", context)


@login_required
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A version with its keys, as those who made it read it."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    row = exam_numbered(member.project, number)
    return render(request, "screening/version.html", _read(member, row))


def _read(member: Membership, row: ExamRow) -> dict[str, Any]:
    exam = exam_of(row.body)
    return {
        "member": member, "project": member.project, "row": row, "exam": exam, "part_names": PART_NAMES,
        "sections": _sections(exam, "" if row.published_at else member.pseudonym), "items": exam.items,
        "cutoffs": [(PART_NAMES[part], cutoff_text(part, exam.cutoffs[part])) for part in PARTS],
        "researchers": told(RANKINGS, researchers_agree(exam).with_ties),
    }  # fmt: skip


def _sections(exam: Exam, ranks_as: str) -> list[dict[str, Any]]:
    """Practice first, then the parts; each with the items it has and what they lack."""
    rows = [("practice", _("Practice"), list(exam.practice))]
    rows += [(part, str(PART_NAMES[part]), list(exam.of(part))) for part in PARTS]
    return [
        {"name": name, "title": title, "items": [_shown(item, exam, ranks_as) for item in items],
         "adds": [(part, str(PART_NAMES[part])) for part in (PRACTISED if name == "practice" else (name,))]}
        for name, title, items in rows
    ]  # fmt: skip


def _shown(item: Item, exam: Exam, ranks_as: str) -> dict[str, Any]:
    """`ranks_as`: who may still rank it, and sees what the others ranked only once they did: they rank by themselves."""
    own_first = bool(ranks_as) and ranks_as not in {one.by for one in item.references}
    return {
        "item": item, "title": item.prompt or "".join(item.texts[:1]), "lacks": unfinished(item, exam),
        "key": [(flag.label, item.key.get(flag.name, "")) for flag in exam.flags] if item.part == "flags" else [],
        "references": [] if own_first else [(one.by, order_in_words(one.tiers)) for one in item.references],
        "hidden": len(item.references) if own_first else 0,
    }  # fmt: skip


@login_required
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """The exam that is being written: what it says, its items, and publishing it."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    row = draft_of(member.project)
    if request.method == "POST" and request.POST.get("do") == "publish":
        return _publish(request, member)
    if row is None:
        return go(request, "screening:exams", slug)
    form = ExamForm(request.POST if request.method == "POST" else None, initial=ExamForm.values_of(exam_of(row.body)))
    if request.method == "POST" and form.is_valid():
        try:
            exam_set(actor=member, **form.changes)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The draft is saved."))
            return go(request, "screening:draft", slug)
    return render(
        request, "screening/draft.html", _read(member, row) | {"form": form}, status=422 if form.errors else 200
    )


def _publish(request: HttpRequest, member: Membership) -> HttpResponse:
    try:
        done = exam_publish(actor=member)
    except DomainError as error:
        messages.error(request, error.message)
        return go(request, "screening:draft", member.project.slug)
    messages.success(
        request, _("Exam %(number)d is published: whoever begins now sits this version.") % {"number": done.number}
    )
    return go(request, "screening:exams", member.project.slug)


@login_required
def draft_item(request: HttpRequest, slug: str, item: str) -> HttpResponse:
    """One item of the draft, or a new one (`new`, of `?part=`): its texts and key, and the visitor's own ranking."""
    member = member_for(request.user, slug, Capability.RESEARCH)
    row = draft_of(member.project)
    if row is None:
        return go(request, "screening:exams", slug)
    exam = exam_of(row.body)
    found = exam.item(item)
    if found is None and item != "new":
        raise NotFound(_("There is no such item in the draft."))
    if request.method == "POST":
        return _changed(request, member, exam, found)
    part = found.part if found else request.GET.get("part", "")
    if part not in PARTS:
        raise NotFound(_("There is no such part of an exam."))
    practice = found.practice if found else request.GET.get("practice") == "1"
    return _edit(request, member, exam, found, _raw(found) | {"part": part, "practice": practice})


def _changed(request: HttpRequest, member: Membership, exam: Exam, found: Item | None) -> HttpResponse:
    deed, slug = request.POST.get("do", "save"), member.project.slug
    if found is not None and deed == "remove":
        item_remove(actor=member, id=found.id)
        messages.success(request, _("The item is out of the draft."))
        return go(request, "screening:draft", slug)
    if found is not None and deed == "rank":
        return _ranked(request, member, exam, found)
    part = found.part if found else request.POST.get("part", "")
    if part not in PARTS:
        raise NotFound(_("There is no such part of an exam."))
    sent = item_sent(part, found.id if found else None, request.POST, [flag.name for flag in exam.flags])
    try:
        id_ = item_put(actor=member, item=sent)
    except DomainError as error:
        return _edit(request, member, exam, found, sent, problem=_plain(error.message), status=422)
    messages.success(request, _("The item is saved."))
    if part == RANKINGS and not (found and found.references and list(found.texts) == sent["texts"]):
        return go(request, "screening:draft-item", slug, id_)
    return go(request, "screening:draft", slug)


def _ranked(request: HttpRequest, member: Membership, exam: Exam, found: Item) -> HttpResponse:
    try:
        reference_put(actor=member, id=found.id, tiers=tiers_sent(found, request.POST.dict()))
    except DomainError as error:
        return _edit(request, member, exam, found, _raw(found), ranking_problem=_plain(error.message), status=422)
    messages.success(request, _("Your ranking is saved."))
    return go(request, "screening:draft", member.project.slug)


def _edit(
    request: HttpRequest, member: Membership, exam: Exam, found: Item | None, raw: dict[str, Any],
    problem: str = "", ranking_problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    part = raw["part"]
    context = {
        "member": member, "project": member.project, "found": found, "raw": raw, "part": part,
        "part_name": PART_NAMES[part], "problem": problem, "may_practise": part in PRACTISED,
        "texts": _fields_of_texts(raw), "flags": _flag_groups(exam, raw) if part == "flags" else [],
    }  # fmt: skip
    if found is not None and part == RANKINGS:
        context |= _ladder(request, member, exam, found, ranking_problem)
    return render(request, "screening/draft_item.html", context, status=status)


def _ladder(request: HttpRequest, member: Membership, exam: Exam, found: Item, problem: str) -> dict[str, Any]:
    """The researcher's own ranking on the room's ladder, in the texts' own order; what others ranked beside it."""
    own = next((one for one in found.references if one.by == member.pseudonym), None)
    fields = fields_of({"tiers": dict(zip("ABCDEFGHI", own.tiers, strict=False))}) if own else {}
    if problem:  # as it was sent, so that only what is wrong needs another click
        fields = request.POST.dict()
    desk = desk_of_item(found, exam, range(len(found.texts)))
    problems = [Problem("ladder", problem)] if problem else []
    return {"desk": desk, "ladder": room_form(desk, fields, problems), "ranking_problem": problem}


def _raw(found: Item | None) -> dict[str, Any]:
    if found is None:
        return {"prompt": "", "texts": [], "key": {}, "sensitive": False, "practice": False, "explanation": ""}
    return {
        "part": found.part, "prompt": found.prompt, "texts": list(found.texts), "key": dict(found.key),
        "sensitive": found.sensitive, "practice": found.practice, "explanation": found.explanation,
    }  # fmt: skip


def _fields_of_texts(raw: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each field: one of flags, up to nine of rankings with two to spare."""
    count = {"flags": 1, RANKINGS: min(9, max(TEXTS_SHOWN, len(raw["texts"]) + 2))}.get(raw["part"], 0)
    padded = [*raw["texts"], *[""] * 9]
    return [(f"text-{i + 1}", padded[i]) for i in range(count)]


def _flag_groups(exam: Exam, raw: dict[str, Any]) -> Any:
    """The flags as the room's own radio groups, with the researchers' answers chosen."""
    item = Item("x", "flags", False, False, "", (" ",), {}, (), "")
    body = {"ratings": {"A": {"flags": raw["key"]}}}
    return item_context(item, exam, "", body)["form"].candidates[0].flags


def _plain(message: str) -> str:
    """A rule's sentence for somebody who sees the field: without its path in the body."""
    before, colon, after = message.partition(": ")
    text = after if colon and " " not in before else message
    return text[:1].upper() + text[1:]
