"""Asking about a task, answering, and having read the answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import Conflict
from apps.labeling.models import Assignment
from apps.projects.models import Membership

from ..models import Question
from .words import clean_words


@dataclass(frozen=True, slots=True)
class Asked:
    """`new` is False when the same words were asked on this task before."""

    question: Question
    new: bool


@transaction.atomic
def question_ask(*, assignment: Assignment, body: Any) -> Asked:
    """Ask the project about a task of one's own, in whatever state it is."""
    words = clean_words(body, "body", required=True)
    member = assignment.membership
    question, new = Question.objects.get_or_create(
        assignment=assignment,
        sha256=sha256_hex(words),
        defaults={"project_id": member.project_id, "member": member, "body": words},
    )
    if new:
        record(actor=member.user, verb="question.asked", target=question)
    return Asked(question, new)


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
