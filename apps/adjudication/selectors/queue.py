"""The queue: the tasks on which labelers disagree, what matters most first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.labeling.models import Judgment
from apps.projects.models import Membership, Project
from apps.prompts.selectors import messages_of

from ..models import Disagreement


def queue_rows_for(member: Membership, *, sees_sensitive: bool = True) -> QuerySet[Disagreement]:
    """All that `member` may look at, settled or not, what matters most first: nothing they judged or wrote."""
    own = Judgment.objects.filter(task=OuterRef("task_id"), assignment__membership=member)
    rows = Disagreement.objects.filter(~Exists(own), ~Q(task__writers__contains=[member.pk]), project=member.project_id)
    if not sees_sensitive:
        rows = rows.filter(task__sensitive=False)  # as it is now, not as the table last knew it
    return rows.select_related("task__prompt").order_by("-place")


def queue_of(
    member: Membership, *, resolved: bool = False, use_case: str = "", sensitive: bool | None = None, least: float = 0.0,
    sees_sensitive: bool = True,
) -> QuerySet[Disagreement]:  # fmt: skip
    """What waits for `member`, or what is settled. `least`: so much disagreement or more."""
    rows = queue_rows_for(member, sees_sensitive=sees_sensitive).filter(resolved=resolved)
    if not resolved:
        rows = rows.filter(disagreement__gt=0)
    if use_case:
        rows = rows.filter(use_case=use_case)
    if sensitive is not None:
        rows = rows.filter(sensitive=sensitive)
    if least:
        rows = rows.filter(disagreement__gte=least)
    return rows


def use_cases_in(project: Project) -> list[str]:
    """The use cases that the table names, in order."""
    found = Disagreement.objects.filter(project=project).exclude(use_case="")
    return list(found.order_by("use_case").values_list("use_case", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Totals:
    waiting: int
    resolved: int


def totals_of(project: Project) -> Totals:
    rows = Disagreement.objects.filter(project=project)
    return Totals(
        waiting=rows.filter(resolved=False, disagreement__gt=0).count(), resolved=rows.filter(resolved=True).count()
    )


@dataclass(frozen=True, slots=True)
class QueueRow:
    """`asked`: the prompt's last message; None of a sensitive one: nobody meets such words in a list."""

    row: Disagreement
    asked: str | None

    @property
    def percent(self) -> int:
        return round(100 * self.row.disagreement)


def queue_rows(found: Iterable[Disagreement]) -> Iterator[QueueRow]:
    for row in found:
        yield QueueRow(row, None if row.task.sensitive else str(messages_of(row.task.prompt)[-1]["content"]))
