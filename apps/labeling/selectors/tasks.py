"""Tasks as those who run a project see them. Nothing here counts further than says enough."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.core.domain.errors import RuleBroken
from apps.projects.models import Project
from apps.prompts.models import Prompt

from ..models import Task

# What a filter of tasks is called, and the lookup it stands for.
LOOKUPS = {
    "kind": "kind",
    "state": "state",
    "priority": "priority",
    "use_case": "prompt__use_case",
    "split": "prompt__split",
    "language": "prompt__language",
    "skill": "requires__contains",
}
NOT_RESERVED = "none"


def tasks_matching(project: Project, *, uids: list[Any] | None = None, **filters: Any) -> QuerySet[Task]:
    """The project's production tasks by uid, or by the filters of LOOKUPS, `cohort` (none: kept for no cohort), `written`
    (of prompts that labelers wrote, or of others) and `unfinished` (judgments are still to come, or not).

    The tasks that measure labelers are not among them: whoever changes those by hand gives them away.
    """
    found = Task.objects.filter(project=project, purpose=Task.Purpose.PRODUCTION, repeats=None)
    if uids is not None:
        found = found.filter(uid__in=uids)
    if "skill" in filters:
        filters["skill"] = [filters["skill"]]
    if (cohort := filters.pop("cohort", None)) is not None:
        found = found.filter(cohort=None if cohort == NOT_RESERVED else cohort)
    if (written := filters.pop("written", None)) is not None:
        found = found.filter(prompt__author__isnull=not written)
    if (unfinished := filters.pop("unfinished", None)) is not None:
        found = found.filter(open_slots__gt=0) if unfinished else found.filter(open_slots=0)
    return found.filter(**{LOOKUPS[name]: value for name, value in filters.items()})


def refuse_unknown(tasks: QuerySet[Task], uids: list[Any]) -> None:
    """Raises RuleBroken that names the first of `uids` that is none of `tasks`."""
    known = set(map(str, tasks.values_list("uid", flat=True)))
    if unknown := [str(uid) for uid in uids if str(uid) not in known]:
        raise RuleBroken(f"tasks: {unknown[0]} is no task of this project.", field="tasks", code="unknown_task")


@dataclass(frozen=True, slots=True)
class PromptsWithout:
    """The oldest prompts without a task of a kind; `more` says that there are others."""

    prompts: list[Prompt]
    more: bool


def prompts_without_task(
    project: Project, kind: str, *, most: int, written: bool | None = None, **filters: Any
) -> PromptsWithout:
    """Of the prompts that the filters (`use_case`, `split`, `language`) leave; without their texts."""
    standing = Task.objects.filter(prompt=OuterRef("pk"), kind=kind, purpose=Task.Purpose.PRODUCTION, repeats=None)
    open_or_closed_by_hand = standing.exclude(Q(state=Task.State.CLOSED, required=0))
    found = Prompt.objects.filter(~Exists(open_or_closed_by_hand), project=project, **filters)
    if written is not None:
        found = found.filter(author__isnull=not written)
    rows = list(found.defer("messages", "context", "source", "metadata").order_by("id")[: most + 1])
    return PromptsWithout(rows[:most], more=len(rows) > most)
