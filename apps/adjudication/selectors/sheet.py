"""What lies before an adjudicator: the prompt, the candidates by letters, and what each labeler said, without names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.labeling.domain.letters import letters_of, to_letters
from apps.labeling.models import Judgment, Task
from apps.labeling.selectors.desk import Candidate
from apps.projects.models import Cohort, ExternalLabeler
from apps.prompts.selectors import PromptView, bodies_in_order, prompt_view

from ..domain.shuffled import shown_order
from ..models import Resolution


@dataclass(frozen=True, slots=True)
class Voice:
    """One labeler's judgment, aligned with the sheet's letters. `number`: first, second, ... as they came."""

    number: int
    pk: int
    uid: UUID
    tiers: list[int]
    ratings: list[Mapping[str, Any]]
    prompt_flags: Mapping[str, str]
    use_case: str
    note: str
    guideline: int | None
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """`cohort`: whose judgments are shown. `resolution` is the one that stands, if there is one."""

    task: Task
    prompt: PromptView
    order: list[int]
    candidates: list[Candidate]
    voices: list[Voice]
    cohort: str
    resolution: Resolution | None

    @property
    def letters(self) -> str:
        return letters_of(self.order)


def sheet_of(task: Task) -> Sheet:
    order = shown_order(str(task.uid), len(task.candidates))
    bodies = to_letters(order, bodies_in_order(task.candidates))
    judgments = _of_one_cohort(list(_said_of(task)))
    return Sheet(
        task=task,
        prompt=prompt_view(task.prompt),
        order=order,
        candidates=[Candidate(letter, body) for letter, body in zip(letters_of(order), bodies, strict=True)],
        voices=[_voice(number, judgment, order) for number, judgment in enumerate(judgments, start=1)],
        cohort=Cohort.HELD_OUT if any(one.cohort == Cohort.HELD_OUT for one in judgments) else Cohort.TRAINING,
        resolution=Resolution.objects.filter(task=task, superseded_by=None).select_related("guideline").first(),
    )


def _said_of(task: Task) -> QuerySet[Judgment]:
    """The current ranking of each person."""
    person = Q(external_labeler=None) | Q(external_labeler__kind=ExternalLabeler.Kind.PERSON)
    said = Judgment.objects.filter(person, task=task, superseded_by=None, ranking__isnull=False)
    return said.select_related("ranking", "ratings", "guideline").defer("guideline__body").order_by("id")


def _of_one_cohort(judgments: list[Judgment]) -> list[Judgment]:
    training = [one for one in judgments if one.cohort == Cohort.TRAINING]
    return training if len(training) >= 2 else judgments


def _voice(number: int, judgment: Judgment, order: Sequence[int]) -> Voice:
    ratings = getattr(judgment, "ratings", None)
    return Voice(
        number=number,
        pk=judgment.pk,
        uid=judgment.uid,
        tiers=to_letters(order, judgment.ranking.tiers),
        ratings=to_letters(order, ratings.values if ratings is not None else [{}] * len(order)),
        prompt_flags=judgment.prompt_flags,
        use_case=judgment.use_case,
        note=judgment.note,
        guideline=judgment.guideline.number if judgment.guideline else None,
        submitted_at=judgment.submitted_at,
    )
