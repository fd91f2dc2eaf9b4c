"""A candidate's way through practice and exam. What was saved is never lost, and what was submitted never changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core.domain.canonical import canonical_json
from apps.core.domain.errors import Conflict, NotFound, RuleBroken, TooLarge
from apps.projects.models import Membership
from apps.prompts.domain.json_value import clean_json

from ..domain.answers import clean_topics_said, parse_answer
from ..domain.exam import TOPICS, Item
from ..domain.practice import is_right
from ..models import Attempt, Decision, Exam, ExamAnswer, PracticeAnswer
from ..selectors.candidate import Sitting, sitting_of

ANSWER_MAX_BYTES = 400_000


@transaction.atomic
def attempt_begin(*, member: Membership) -> Attempt:
    """The attempt of `member`: the one under way, else a new one where they may sit the exam. Twice is once."""
    locked = Membership.objects.select_for_update(no_key=True).get(pk=member.pk)
    last = Attempt.objects.filter(membership=member).order_by("-number").first()
    if last is not None and last.submitted_at is None:
        return last
    if locked.status != Membership.Status.QUALIFYING:
        raise Conflict(_("Only who is still qualifying sits the exam."), code="not_qualifying")
    if last is not None and not _asked_again(last):
        raise Conflict(_("You have sat the exam. A person decides now."), code="already_submitted")
    exam = Exam.objects.filter(project=member.project_id, published_at__isnull=False).order_by("-number").first()
    if exam is None:
        raise Conflict(_("This project has no exam yet."), code="no_exam")
    attempt = Attempt.objects.create(membership=member, exam=exam, number=last.number + 1 if last else 1)
    _open_if_passed(attempt, sitting_of(attempt))
    record(actor=member.user, verb="exam.begun", target=attempt, exam=exam.number, attempt=attempt.number)
    return attempt


def _asked_again(attempt: Attempt) -> bool:
    stands = attempt.decisions.order_by("-number").first()
    return stands is not None and stands.outcome == Decision.Outcome.ASK_AGAIN


@transaction.atomic
def practice_answer(*, attempt: Attempt, item_id: str, body: Any) -> PracticeAnswer:
    """One try at a practice item. Raises RuleBroken where the answer is not whole."""
    locked = _open(attempt)
    sitting = sitting_of(locked)
    item = _of(sitting.practice, item_id)
    answer = parse_answer(item, sitting.exam, _clean(body), str(locked.uid))
    right = is_right(item, sitting.exam, answer)
    made = PracticeAnswer.objects.create(attempt=locked, item=item.id, body=dict(body), right=right)
    _open_if_passed(locked, sitting_of(locked))
    return made


def _open_if_passed(attempt: Attempt, sitting: Sitting) -> None:
    """The exam opens once the rule is met, and stays open."""
    if attempt.practice_passed_at is None and sitting.standing.passed:
        attempt.practice_passed_at = timezone.now()
        attempt.save(update_fields=["practice_passed_at"])


@transaction.atomic
def answer_save(*, attempt: Attempt, item_id: str, body: Any) -> ExamAnswer:
    """Keep what was said of an item so far, whole or not; the last save stands."""
    locked = _open(attempt)
    sitting = sitting_of(locked)
    if locked.practice_passed_at is None:
        raise Conflict(_("The exam opens once the practice is passed."), code="practice_first")
    if item_id == TOPICS and sitting.exam.topics:
        cleaned = clean_topics_said(sitting.exam, body)
    else:
        _of(sitting.items, item_id)
        cleaned = _clean(body)
    saved, _new = ExamAnswer.objects.update_or_create(attempt=locked, item=item_id, defaults={"body": cleaned})
    return saved


@dataclass(frozen=True, slots=True)
class Submitted:
    """`new` is False where it had been submitted before, and nothing was done."""

    attempt: Attempt
    new: bool


@transaction.atomic
def attempt_submit(*, attempt: Attempt) -> Submitted:
    """Hand the exam in. Raises RuleBroken that names the first item without a whole answer."""
    locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    if locked.submitted_at is not None:
        return Submitted(locked, new=False)
    sitting = sitting_of(locked)
    if locked.practice_passed_at is None:
        raise Conflict(_("The exam opens once the practice is passed."), code="practice_first")
    if missing := [step.id for step in sitting.steps if not step.done]:
        raise RuleBroken(
            _("items: %(n)d of the exam still need an answer.") % {"n": len(missing)},
            field=f"items.{missing[0]}", code="unfinished", missing=missing,
        )  # fmt: skip
    locked.submitted_at = timezone.now()
    locked.save(update_fields=["submitted_at"])
    record(actor=attempt.membership.user, verb="exam.submitted", target=locked, attempt=locked.number)
    return Submitted(locked, new=True)


def _open(attempt: Attempt) -> Attempt:
    locked = (
        Attempt.objects.select_for_update(no_key=True, of=("self",))
        .select_related("exam", "membership__user")
        .get(pk=attempt.pk)
    )
    if locked.submitted_at is not None:
        raise Conflict(_("This exam is submitted; its answers stay as they are."), code="already_submitted")
    return locked


def _of(items: tuple[Item, ...], id: str) -> Item:
    found = next((item for item in items if item.id == id), None)
    if found is None:
        raise NotFound(_("There is no such item for you."))
    return found


def _clean(body: Any) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        raise RuleBroken(_("body: a JSON object."), field="body")
    cleaned: dict[str, Any] = clean_json(dict(body), "body")
    if (size := len(canonical_json(cleaned))) > ANSWER_MAX_BYTES:
        raise TooLarge(
            _("body: at most %(most)d bytes; this one has %(size)d.") % {"most": ANSWER_MAX_BYTES, "size": size},
            field="body",
        )
    return cleaned
