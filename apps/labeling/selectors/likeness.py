"""What a reply in writing is like: the prompt's other replies, and what its labeler wrote earlier.

The labeler is told of the model answers to this prompt and of their own replies, by a share and no text; what
is stored for managers looks at other people's demonstrations too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Func, IntegerField, QuerySet

from apps.prompts.models import Completion

from ..domain.similarity import nearest_of, tokens_of
from ..models import Assignment

# Bounds of what one comparison reads, newest texts first: some 80 long replies, or thousands of usual ones.
TEXTS_MAX = 2_000
BYTES_MAX = 500_000
# Below half of it a likeness is what two replies to one question have in common anyway.
TOLD_FROM = 0.5
TOLD_FROM_TOKENS = 12


@dataclass(frozen=True, slots=True)
class Likeness:
    """`percent` of the text, in tens, reads like a model answer, or like an own reply of the day `written_at`."""

    percent: int
    written_at: datetime | None = None


def likeness_told(assignment: Assignment, text: str) -> Likeness | None:
    """What its labeler is told about `text`, if there is anything to tell."""
    if len(tokens_of(text)) < TOLD_FROM_TOKENS:
        return None
    _, answer_share = nearest_of(text, _texts(_answers_to(assignment)))
    own, own_share = nearest_of(text, _texts(_own_replies(assignment)))
    if max(answer_share, own_share) < TOLD_FROM:
        return None
    if own is None or answer_share >= own_share:
        return Likeness(_in_tens(answer_share))
    return Likeness(_in_tens(own_share), Completion.objects.values_list("created_at", flat=True).get(pk=own))


def nearest_completion(assignment: Assignment, text: str) -> tuple[int | None, float]:
    """The text that holds most of `text`: any reply to its prompt, or its labeler's earlier ones; and what share."""
    others = _not_its_own(assignment, Completion.objects.filter(prompt=assignment.task.prompt_id))
    in_prompt, here = nearest_of(text, _texts(others))
    elsewhere, there = nearest_of(text, _texts(_own_replies(assignment)))
    return (in_prompt, here) if here >= there else (elsewhere, there)


def _answers_to(assignment: Assignment) -> QuerySet[Completion]:
    """Replies of models and imports. What people wrote for training is nobody else's to know of."""
    answers = Completion.objects.filter(prompt=assignment.task.prompt_id, demonstration=None)
    return answers.exclude(origin=Completion.Origin.MEMBER)


def _own_replies(assignment: Assignment) -> QuerySet[Completion]:
    written: QuerySet[Completion] = Completion.objects.filter(
        member=assignment.membership_id, origin=Completion.Origin.MEMBER
    )
    return _not_its_own(assignment, written)


def _not_its_own(assignment: Assignment, texts: QuerySet[Completion]) -> QuerySet[Completion]:
    """Without what this assignment itself brought: a correction is like what it corrects."""
    return texts.exclude(demonstration__judgment__assignment=assignment)


def _texts(completions: QuerySet[Completion]) -> Iterator[tuple[int, str]]:
    """Id and text of each, newest first, while the bounds last."""
    size = Func(F("body"), function="octet_length", output_field=IntegerField())
    sizes = completions.annotate(size=size).order_by("-id").values_list("pk", "size")[:TEXTS_MAX]
    chosen, left = [], BYTES_MAX
    for pk, length in sizes:
        left -= length
        if left < 0:
            break
        chosen.append(pk)
    return Completion.objects.filter(pk__in=chosen).order_by("-pk").values_list("pk", "body").iterator()


def _in_tens(share: float) -> int:
    return min(100, round(share * 10) * 10)
