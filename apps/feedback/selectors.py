"""Reads of feedback: a labeler's own, and what waits for the project."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.labeling.domain.letters import letters_of, to_letters
from apps.labeling.models import Assignment
from apps.projects.models import GuidelineVersion, Membership, Project
from apps.prompts.models import Completion, Prompt
from apps.prompts.selectors import messages_of

from .models import Question, Report

PAGE_SIZE = 25
WORDS_TOLD = 10
SKIP_REASONS = {
    "unclear": _("unclear"),
    "knowledge": _("needs knowledge"),
    "language": _("language"),
    "content": _("content"),
    "broken": _("broken"),
    "other": _("another reason"),
    "": _("no reason given"),
}


def own_questions(member: Membership) -> QuerySet[Question]:
    """What `member` asked, newest first."""
    return (
        Question.objects.filter(member=member).select_related("assignment__task__prompt", "guideline").order_by("-id")
    )


def questions_on(assignment: Assignment) -> list[Question]:
    """What was asked on one task by the one who holds it, oldest first."""
    return list(Question.objects.filter(assignment=assignment).order_by("id"))


def questions_on_guideline(member: Membership, guideline: GuidelineVersion) -> list[Question]:
    """What `member` asked about this version, oldest first."""
    return list(Question.objects.filter(member=member, guideline=guideline).order_by("id"))


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer that everybody reads beside a rule. Who asked and who answered are not in it."""

    rule: str
    question: str
    answer: str
    answered_at: datetime | None
    number: int


def answers_beside(guideline: GuidelineVersion) -> list[ShownAnswer]:
    """What is shown beside the rules of this version: asked about it, or about an older one of its track."""
    shown = Question.objects.filter(
        project_id=guideline.project_id, guideline__track=guideline.track, guideline__number__lte=guideline.number
    ).exclude(shown_question="")
    told = shown.order_by("id").values_list("rule", "shown_question", "answer", "answered_at", "guideline__number")
    return [ShownAnswer(*row) for row in told]


def reports_on(assignment: Assignment) -> list[Report]:
    """What was reported from one task by the one who holds it, oldest first."""
    return list(Report.objects.filter(task=assignment.task_id, member=assignment.membership_id).order_by("id"))


def unread_answers(member: Membership) -> int:
    return Question.objects.filter(member=member, answered_at__isnull=False, read_at=None).count()


def questions_of(project: Project, *, answered: bool | None = None) -> QuerySet[Question]:
    """The project's questions: who waits longest first, answered ones newest first."""
    found = Question.objects.filter(project=project).select_related(
        "assignment__task__prompt", "member", "answered_by", "guideline"
    )
    if answered is None:
        return found.order_by("-id")
    found = found.filter(answered_at__isnull=not answered)
    return found.order_by("-answered_at", "-id") if answered else found.order_by("id")


def reports_of(project: Project, *, state: str | None = None) -> QuerySet[Report]:
    """The project's reports: open ones in the order in which they came, closed ones newest first."""
    found = Report.objects.filter(project=project).select_related("prompt", "completion", "member", "resolved_by")
    if state is None:
        return found.order_by("-id")
    found = found.filter(state=state)
    return found.order_by("id") if state == Report.State.OPEN else found.order_by("-resolved_at", "-id")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for somebody who looks after the project."""

    questions: int
    reports: int


def waiting_of(project: Project) -> Waiting:
    return Waiting(
        questions=Question.objects.filter(project=project, answered_at=None).count(),
        reports=Report.objects.filter(project=project, state=Report.State.OPEN).count(),
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    letter: str
    text: str


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A question beside what it is about, with the candidates under the letters that its author saw."""

    question: Question
    prompt: Prompt
    last_message: str
    candidates: list[Candidate]


def asked_rows(questions: Iterable[Question]) -> list[AskedRow]:
    """Two queries, however many questions."""
    questions = list(questions)
    wanted = {pk for question in questions for pk in question.assignment.task.candidates}
    bodies = dict(Completion.objects.filter(pk__in=wanted).values_list("pk", "body"))
    return [_asked_row(question, bodies) for question in questions]


def _asked_row(question: Question, bodies: dict[int, str]) -> AskedRow:
    task, order = question.assignment.task, question.assignment.display_order
    texts = to_letters(order, [bodies[pk] for pk in task.candidates])
    candidates = [Candidate(letter, text) for letter, text in zip(letters_of(order), texts, strict=True)]
    return AskedRow(question, task.prompt, last_message(task.prompt), candidates)


def last_message(prompt: Prompt) -> str:
    return messages_of(prompt)[-1]["content"]


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A question on its author's page. `about` is None for a sensitive prompt: nobody meets such words in a list."""

    question: Question
    about: str | None
    unread: bool


def own_rows(questions: Iterable[Question]) -> list[OwnRow]:
    return [_own_row(question) for question in questions]


def _own_row(question: Question) -> OwnRow:
    task = question.assignment.task
    unread = question.answered_at is not None and question.read_at is None
    return OwnRow(question, None if task.sensitive else last_message(task.prompt), unread)


@dataclass(frozen=True, slots=True)
class SkippedPrompt:
    """A prompt that labelers could not judge: how often, why, and the latest of their words."""

    prompt: Prompt
    last_message: str
    total: int
    reasons: list[tuple[Any, int]]
    words: list[Assignment]


def skips_of(project: Project) -> QuerySet[Assignment]:
    """Each skip by itself, newest first."""
    return _skipped(project).select_related("task__prompt", "membership").order_by("-id")


def _skipped(project: Project) -> QuerySet[Assignment]:
    return Assignment.objects.filter(task__project=project, state=Assignment.State.SKIPPED)


def skips_page(project: Project, *, number: Any = 1) -> Page[Any]:
    """One page of prompt ids with how often each was skipped, the most skipped first."""
    counted = _skipped(project).values("task__prompt").annotate(total=Count("id")).order_by("-total", "-task__prompt")
    return Paginator(counted, PAGE_SIZE).get_page(number)


def skipped_rows(project: Project, page: Page[Any]) -> list[SkippedPrompt]:
    ids = [row["task__prompt"] for row in page.object_list]
    prompts = Prompt.objects.in_bulk(ids)
    skips: dict[int, list[Assignment]] = defaultdict(list)
    found = _skipped(project).filter(task__prompt__in=ids).select_related("task", "membership").order_by("-seen_at")
    for skip in found:
        skips[skip.task.prompt_id].append(skip)
    return [_skipped_row(prompts[pk], skips[pk]) for pk in ids]


def _skipped_row(prompt: Prompt, skips: Sequence[Assignment]) -> SkippedPrompt:
    words = [skip for skip in skips if skip.skip_reason][:WORDS_TOLD]
    counted = Counter(skip.skip_code for skip in skips).most_common()
    reasons = [(SKIP_REASONS[code], times) for code, times in counted]
    return SkippedPrompt(prompt, last_message(prompt), len(skips), reasons, words)
