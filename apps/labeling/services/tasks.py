"""Making tasks of prompts: many at once, in a handful of queries."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.bulk import rows_insert
from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MAX
from apps.core.ids import ordered_uid
from apps.projects.models import Project
from apps.prompts.domain.hygiene import Kind
from apps.prompts.models import Prompt

from ..models import Task
from ..selectors.tasks import least_candidates
from .beside_gold import lock_for_work
from .distribution import requirements_of, slots_of
from .screened import Screened, candidates_of

BATCH = 1_000
# What a task is known by: its prompt, and its candidates in order.
Key = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a manager may say of new tasks. `required`: judgments each gets; None leaves it to the project's sample."""

    required: int | None = None
    priority: int = 0
    cohort: str | None = None
    requires: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task that should be there: of this prompt, with these completions to judge."""

    prompt: Prompt
    candidates: Sequence[int] = ()

    @property
    def key(self) -> Key:
        return self.prompt.pk, tuple(sorted(self.candidates))


@dataclass(frozen=True, slots=True)
class TasksCreated:
    """`unfit`: prompts that gave none, for they have too few completions for the kind, or too many.

    `left_out`: replies of models that nobody is to see, by what is wrong with them.
    """

    created: list[Task]
    existing: int
    unfit: int
    left_out: Mapping[str, int]


@transaction.atomic
def tasks_create(
    *,
    actor: User,
    project: Project,
    kind: str,
    prompts: Sequence[Prompt],
    terms: Terms | None = None,
    demonstrations: bool = False,
    leave_out_unfit: bool = False,
) -> TasksCreated:
    """One task of `kind` for each prompt; what stands already is left alone.

    A ranking task takes the prompt's model and imported completions (2 to 9 of them), with `demonstrations` also what
    people wrote; of what models wrote here, only what `screened` lets through. Raises RuleBroken, and makes nothing, when
    a prompt has too few or too many, unless those are to be left out and some fit.
    """
    if not prompts:
        raise RuleBroken("prompts: no prompt of this project matches.", field="prompts", code="no_prompts")
    found = {} if kind == Task.Kind.DEMONSTRATE else candidates_of(prompts, demonstrations=demonstrations)
    wanted, unfit = _fitting(kind, prompts, found)
    if unfit and (not leave_out_unfit or not wanted):
        raise _wrong_count(kind, unfit[0], found.get(unfit[0].pk, Screened()))
    left_out = sum((one.left_out for one in found.values()), Counter[Kind]())
    made, existing = tasks_make(project=project, kind=kind, wanted=wanted, terms=terms or Terms())
    record(actor=actor, verb="tasks.created", target=project, kind=kind, count=len(made))
    return TasksCreated(made, existing, len(unfit), {kind.value: left_out[kind] for kind in sorted(left_out)})


def tasks_make(*, project: Project, kind: str, wanted: Sequence[Wanted], terms: Terms) -> tuple[list[Task], int]:
    """The production tasks that are open now and were not, and how many of those wanted stood already.

    Call it in a transaction, and once in it: it numbers the tasks for the overlap sample. A task that an import made only
    for its judgments to hang on is opened, on these terms; one that a manager closed stays closed.
    """
    lock_for_work(project)
    by_key = {one.key: one for one in wanted}
    standing = _standing(kind, by_key)
    asleep = _asleep(standing.values())
    fresh = [one for key, one in sorted(by_key.items()) if key not in standing]
    slots = _slots(project, [*fresh, *(by_key[_key(task)] for task in asleep)], terms)
    for task in asleep:
        one = by_key[_key(task)]
        task.state, task.required, task.open_slots = Task.State.OPEN, slots[one.key], slots[one.key]
        task.priority, task.cohort, task.requires = terms.priority, terms.cohort, _requires(project, one, terms)
    Task.objects.bulk_update(
        asleep, ["state", "required", "open_slots", "priority", "cohort", "requires"], batch_size=BATCH
    )
    made = _insert([_row(project, kind, one, slots[one.key], terms) for one in fresh])
    return [*made, *asleep], len(wanted) - len(made) - len(asleep)


def _standing(kind: str, keys: Collection[Key]) -> dict[Key, Task]:
    """The tasks of those prompts and candidates that are there. Gold stands for work: nobody is to meet it as both."""
    work, gold = Q(purpose=Task.Purpose.PRODUCTION, repeats=None), Q(purpose=Task.Purpose.GOLD, state=Task.State.OPEN)
    of_prompts = Task.objects.filter(work | gold, prompt__in={prompt for prompt, _ in keys}, kind=kind)
    found = {_key(task): task for task in of_prompts.defer("source", "metadata")}
    return {key: task for key, task in found.items() if key in keys}


def _asleep(tasks: Iterable[Task]) -> list[Task]:
    """Those that no labeler can have: locked, in order. The others may be at work, so they are not held up."""
    sleeping = Q(state=Task.State.CLOSED, required=0)
    chosen = [task.pk for task in tasks if task.state == Task.State.CLOSED and task.required == 0]
    locked = Task.objects.select_for_update(no_key=True).filter(sleeping, pk__in=chosen)
    return list(locked.order_by("pk").defer("source", "metadata")) if chosen else []


def _key(task: Task) -> Key:
    return task.prompt_id, tuple(task.candidate_set)


def _slots(project: Project, wanted: Sequence[Wanted], terms: Terms) -> dict[Key, int]:
    if terms.required is None:
        slots = slots_of(project, [one.prompt.use_case for one in wanted])
    else:
        slots = [terms.required] * len(wanted)
    return {one.key: each for one, each in zip(wanted, slots, strict=True)}


def _row(project: Project, kind: str, one: Wanted, required: int, terms: Terms) -> dict[str, Any]:
    return {
        "uid": ordered_uid(), "project_id": project.pk, "prompt_id": one.prompt.pk, "kind": kind,
        "candidates": list(one.candidates), "candidate_set": sorted(one.candidates),
        "required": required, "open_slots": required, "priority": terms.priority, "cohort": terms.cohort,
        "requires": _requires(project, one, terms), "sensitive": one.prompt.sensitive,
    }  # fmt: skip


def _requires(project: Project, one: Wanted, terms: Terms) -> list[str]:
    return requirements_of(project, one.prompt.language, terms.requires)


def _insert(rows: Sequence[dict[str, Any]]) -> list[Task]:
    """Those that went in: another transaction may have made some of them meanwhile.

    Once they are in, nobody marks their prompts as sensitive without seeing them; what was marked before is read here.
    """
    for start in range(0, len(rows), BATCH):
        rows_insert(Task, rows[start : start + BATCH])
    stored = Task.objects.filter(uid__in=[row["uid"] for row in rows])
    stored.filter(prompt__sensitive=True, sensitive=False).update(sensitive=True)
    return list(stored.order_by("pk").defer("source", "metadata"))


def _fitting(kind: str, prompts: Sequence[Prompt], found: Mapping[int, Screened]) -> tuple[list[Wanted], list[Prompt]]:
    """What tasks the prompts give, and the prompts that give none."""
    if kind == Task.Kind.DEMONSTRATE:
        return [Wanted(prompt) for prompt in prompts], []
    wanted, unfit = [], []
    for prompt in prompts:
        own = found[prompt.pk].candidates if prompt.pk in found else []
        if least_candidates(kind) <= len(own) <= K_MAX:
            wanted.append(Wanted(prompt, own))
        else:
            unfit.append(prompt)
    return wanted, unfit


def _wrong_count(kind: str, prompt: Prompt, has: Screened) -> RuleBroken:
    reasons = ", ".join(f"{count} {what}" for what, count in sorted(has.left_out.items()))
    return RuleBroken(
        f"prompts: {prompt.uid} has {len(has.candidates)} completions{f' to judge (left out: {reasons})' if reasons else ''}; "
        f"a {kind} task takes {least_candidates(kind)} to {K_MAX}.",
        field="prompts", code="wrong_candidate_count", prompt=str(prompt.uid),
    )  # fmt: skip
