"""Asking about a task or a rule, answering, showing the answer to everybody, and having read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.documents import render_document
from apps.core.domain.addresses import name_of
from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import Conflict, RuleBroken
from apps.labeling.models import Assignment
from apps.projects.models import GuidelineVersion, Membership

from ..models import Question
from .words import clean_words


@dataclass(frozen=True, slots=True)
class Asked:
    """`new` is False when the same words were asked on this task before."""

    question: Question
    new: bool


@transaction.atomic
def question_ask(*, assignment: Assignment, body: Any, rule: Any = None) -> Asked:
    """Ask the project about a task of one's own, in whatever state it is.

    `rule`: ask about the guideline that the task came with instead, about the heading of this name, or about all of it
    with "". Raises RuleBroken where it has no such rule.
    """
    words = clean_words(body, "body", required=True)
    about, name = (None, "") if rule is None else _rule_of(assignment, rule)
    member = assignment.membership
    question, new = Question.objects.get_or_create(
        assignment=assignment,
        sha256=sha256_hex(words if about is None else f"{name}\n{words}"),
        defaults={
            "project_id": member.project_id, "member": member, "body": words, "guideline": about, "rule": name,
        },
    )  # fmt: skip
    if new:
        record(actor=member.user, verb="question.asked", target=question, **({"rule": name} if about else {}))
    return Asked(question, new)


def _rule_of(assignment: Assignment, rule: Any) -> tuple[GuidelineVersion, str]:
    """The assignment's guideline, and the address of its heading that is called `rule`."""
    if assignment.guideline is None:
        raise RuleBroken(_("rule: this task came without a guideline."), field="rule", code="no_guideline")
    if rule == "":
        return assignment.guideline, ""
    wanted = name_of(rule) if isinstance(rule, str) else ""
    known = render_document(assignment.guideline.body).rules
    for one in known:
        if wanted and wanted in one.called:
            return assignment.guideline, one.address
    names = ", ".join(one.address for one in known[:30])
    raise RuleBroken(
        _("rule: the guideline has no rule of that name; it has %(names)s.") % {"names": names or "–"},
        field="rule", code="unknown_rule",
    )  # fmt: skip


@transaction.atomic
def question_answer(*, actor: User, question: Question, answer: Any, amend: bool = False) -> Question:
    """Answer a question, or say with `amend` that a given answer is to be replaced; the audit keeps both.

    Raises Conflict `already_answered` when another answer is there and `amend` was not said: two people who
    answer at once do not overwrite each other unseen. An amended answer is unread again.
    """
    words = clean_words(answer, "answer", required=True)
    locked = Question.objects.select_for_update(no_key=True).get(pk=question.pk)
    before = locked.answer
    if before == words:
        return locked
    if before and not amend:
        raise Conflict(
            _("Somebody has answered this question already. Read their answer, and amend it if you must."),
            code="already_answered", answer=before,
        )  # fmt: skip
    locked.answer, locked.answered_by, locked.answered_at, locked.read_at = words, actor, timezone.now(), None
    locked.save(update_fields=["answer", "answered_by", "answered_at", "read_at"])
    if before:
        record(actor=actor, verb="question.amended", target=locked, answer=words, before=before)
    else:
        record(actor=actor, verb="question.answered", target=locked, answer=words)
    return locked


@transaction.atomic
def answer_show(*, actor: User, question: Question, words: Any) -> Question:
    """Show the answer beside the rule to everybody, the question in these `words`: the asker's may tell who asked.

    Raises Conflict `not_answered` before there is an answer, and `not_about_guideline` for a question about a task.
    """
    said = clean_words(words, "question", required=True)
    locked = Question.objects.select_for_update(no_key=True).get(pk=question.pk)
    if locked.guideline_id is None:
        raise Conflict(
            _("This question is about a task: its answer has no place in the guideline."), code="not_about_guideline"
        )
    if locked.answered_at is None:
        raise Conflict(_("Answer the question first."), code="not_answered")
    return _shown_as(actor, locked, said)


@transaction.atomic
def answer_hide(*, actor: User, question: Question) -> Question:
    """Take the answer away from beside the rule. The one who asked keeps it."""
    return _shown_as(actor, Question.objects.select_for_update(no_key=True).get(pk=question.pk), "")


def _shown_as(actor: User, question: Question, words: str) -> Question:
    if question.shown_question != words:
        before, question.shown_question = question.shown_question, words
        question.save(update_fields=["shown_question"])
        record(
            actor=actor,
            verb="question.shown" if words else "question.hidden",
            target=question,
            question=words,
            before=before,
        )
    return question


@transaction.atomic
def questions_mark_read(*, member: Membership, questions: Iterable[Question]) -> int:
    """Remember that `member` has seen the answers of own `questions`, as those were read. Returns how many were new."""
    read = 0
    for question in questions:
        if question.answered_at is None or question.read_at is not None:
            continue
        # An answer that was amended since it was read is still unread.
        seen = Question.objects.filter(pk=question.pk, member=member, read_at=None, answered_at=question.answered_at)
        if seen.update(read_at=timezone.now()):
            record(actor=member.user, verb="question.read", target=question)
            read += 1
    return read
