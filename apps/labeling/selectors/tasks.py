"""Tasks as those who run a project see them. Nothing here counts further than says enough."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MAX, K_MIN
from apps.projects.models import Project
from apps.prompts.models import Completion, Prompt

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


def least_candidates(kind: str) -> int:
    return K_MIN if kind == Task.Kind.RANK else 1


def judgeable(*, demonstrations: bool) -> Q:
    """The completions that new tasks put before labelers: those of models and imports, and what people wrote if asked."""
    wanted = Q(demonstration=None) & ~Q(origin=Completion.Origin.MEMBER)
    if demonstrations:
        wanted |= Q(demonstration__judgment__superseded_by=None, demonstration__isnull=False)
    return wanted


@dataclass(frozen=True, slots=True)
class PromptsWithout:
    """The oldest prompts that could have a task of a kind and have none, and how many are `left`; `more` says that there
    are more than that.

    `unfit`: how many have too few completions for one, or too many; no more than the others are counted, and only where the
    search begins.
    """

    prompts: list[Prompt]
    left: int
    more: bool
    unfit: int


def prompts_without_task(
    project: Project,
    kind: str,
    *,
    most: int,
    most_answered: int,
    after: int = 0,
    written: bool | None = None,
    demonstrations: bool = False,
    **filters: Any,
) -> PromptsWithout:
    """Of the prompts that the filters (`use_case`, `split`, `language`) leave, those after the id `after`; without their texts.

    Those that do not fit are told apart here: thousands of them must not stand before those that do. Of prompts that a model
    here answered no more than `most_answered` are taken: their replies are looked at one by one.
    """
    work, gold = Q(purpose=Task.Purpose.PRODUCTION, repeats=None), Q(purpose=Task.Purpose.GOLD, state=Task.State.OPEN)
    standing = Task.objects.filter(work | gold, prompt=OuterRef("pk"), kind=kind)
    open_or_closed_by_hand = standing.exclude(Q(state=Task.State.CLOSED, required=0))
    found = Prompt.objects.filter(~Exists(open_or_closed_by_hand), project=project, **filters)
    if written is not None:
        found = found.filter(author__isnull=not written)
    fits = _fits(kind, demonstrations)
    rows = found.filter(fits, pk__gt=after).defer("messages", "context", "source", "metadata").order_by("id")
    prompts = list(rows[: most + 1])
    taken = prompts[:most] if kind == Task.Kind.DEMONSTRATE else _before_too_many(prompts[:most], most_answered)
    unfit = found.exclude(fits)[:most].count() if kind != Task.Kind.DEMONSTRATE and not after else 0
    return PromptsWithout(taken, left=len(prompts) - len(taken), more=len(prompts) > most, unfit=unfit)


def _before_too_many(prompts: list[Prompt], most_answered: int) -> list[Prompt]:
    """Those up to the one that a model answered and that would be one too many."""
    by_models = Completion.objects.filter(prompt__in=prompts, origin=Completion.Origin.MODEL)
    answered = sorted(set(by_models.values_list("prompt", flat=True)))[: most_answered + 1]
    return [one for one in prompts if one.pk < answered[-1]] if len(answered) > most_answered else prompts


def _fits(kind: str, demonstrations: bool) -> Q:
    """Whether a prompt has as many completions as a task of `kind` takes: two looks, however many it has."""
    if kind == Task.Kind.DEMONSTRATE:
        return Q()
    own = Completion.objects.filter(judgeable(demonstrations=demonstrations), prompt=OuterRef("pk")).order_by()
    least = least_candidates(kind)
    return Q(Exists(own[least - 1 : least])) & ~Q(Exists(own[K_MAX : K_MAX + 1]))
