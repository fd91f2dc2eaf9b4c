"""What labelers wrote, for those who run a project: how much was pasted, what it is like, how long it took."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.db.models.expressions import OrderBy

from apps.core.domain.reading import word_count
from apps.projects.models import Project
from apps.prompts.models import Completion
from apps.prompts.selectors import messages_of

from ..models import Demonstration, Judgment

PAGE_SIZE = 50
# Empty ones last in each: a share that nobody counted is neither high nor low.
ORDERS: dict[str, tuple[str | OrderBy, ...]] = {
    "newest": ("-judgment__submitted_at", "-pk"),
    "pasted": (F("pasted_share").desc(nulls_last=True), "-pk"),
    "similar": (F("similarity").desc(nulls_last=True), "-pk"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a list is narrowed to: least shares, a labeler's pseudonym."""

    order: str = "newest"
    pasted: float = 0
    similar: float = 0
    labeler: str = ""

    @property
    def narrows(self) -> bool:
        return bool(self.pasted or self.similar or self.labeler)


def demonstrations_of(project: Project, chosen: Chosen) -> QuerySet[Demonstration]:
    """The project's current demonstrations by its members, as chosen."""
    found = Demonstration.objects.filter(judgment__in=judgments_that_demonstrate(project, chosen))
    rows = found.select_related(
        "completion", "judgment__task__prompt", "judgment__assignment__membership", "nearest__prompt",
        "nearest__model_version", "nearest__member",
    )  # fmt: skip
    return rows.order_by(*ORDERS[chosen.order])


def judgments_that_demonstrate(project: Project, chosen: Chosen) -> QuerySet[Judgment]:
    """The current judgments of the project's members in which they wrote, as chosen."""
    found = Judgment.objects.filter(
        task__project=project, superseded_by=None, assignment__isnull=False, demonstration__isnull=False
    )
    if chosen.pasted:
        found = found.filter(demonstration__pasted_share__gte=chosen.pasted)
    if chosen.similar:
        found = found.filter(demonstration__similarity__gte=chosen.similar)
    if chosen.labeler:
        found = found.filter(assignment__membership__pseudonym=chosen.labeler)
    return found.select_related(
        "task__prompt", "assignment__membership", "demonstration__completion", "demonstration__nearest"
    )


@dataclass(frozen=True, slots=True)
class DemonstrationRow:
    demonstration: Demonstration
    question: str
    words: int
    pasted: int | None
    similar: int | None
    nearest: str


def demonstrations_page(project: Project, chosen: Chosen, number: Any) -> Page[Demonstration]:
    return Paginator(demonstrations_of(project, chosen), PAGE_SIZE).get_page(number)


def demonstration_rows(demonstrations: Iterable[Demonstration]) -> Iterator[DemonstrationRow]:
    for one in demonstrations:
        yield DemonstrationRow(
            demonstration=one,
            question=messages_of(one.judgment.task.prompt)[-1]["content"],
            words=word_count(one.completion.body),
            pasted=_percent(one.pasted_share),
            similar=_percent(one.similarity),
            nearest=_author(one.nearest) if one.nearest else "",
        )


def writers_of(project: Project) -> list[str]:
    """Pseudonyms of those who wrote, in alphabetical order."""
    names = Demonstration.objects.filter(judgment__task__project=project, judgment__assignment__isnull=False)
    return list(
        names.order_by("judgment__assignment__membership__pseudonym")
        .values_list("judgment__assignment__membership__pseudonym", flat=True)
        .distinct()
    )


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)


def _author(completion: Completion) -> str:
    if completion.member is not None:
        return completion.member.pseudonym
    return str(completion.model_version or completion.source_name or "imported")
