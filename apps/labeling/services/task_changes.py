"""Changing tasks that are there: where they stand in the queue, for whom they are kept, how often they are judged.

What was judged is never touched, and whoever holds a task keeps it: a change is about who gets it next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import RuleBroken
from apps.projects.domain.skills import clean_skills
from apps.projects.models import Project

from ..models import Task
from .beside_gold import lock_for_work
from .reaper import REAPER_LOCK

STEP = 2_000
# A request answers within half a minute, whatever the number of tasks; sending it again goes on.
SECONDS = 20.0


class Kept(Enum):
    """Said of what is not to change, since None means something for a cohort."""

    AS_IT_IS = "as it is"


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What is to hold from now on; what is not said stays. `judgments`: at least so many, never fewer than before."""

    priority: int | None = None
    cohort: str | Kept | None = Kept.AS_IT_IS
    requires: Sequence[str] | None = None
    state: str | None = None
    judgments: int | None = None

    def said(self) -> dict[str, Any]:
        """What was said, for the audit."""
        values = {
            "priority": self.priority,
            "requires": self.requires,
            "state": self.state,
            "judgments": self.judgments,
        }
        told = {name: value for name, value in values.items() if value is not None}
        return told if isinstance(self.cohort, Kept) else told | {"cohort": self.cohort}


@dataclass(frozen=True, slots=True)
class TasksChanged:
    """`more`: there was no time for all of them; the same change again goes on where this one ended."""

    changed: int
    more: bool = False


def tasks_change(
    *,
    actor: User,
    project: Project,
    tasks: QuerySet[Task],
    change: TaskChange,
) -> TasksChanged:
    """Make `change` hold for all of `tasks`, a step of a few thousand at a time, each step with its entry in the audit.

    Raises RuleBroken where nothing is to be changed, or a skill is none.
    """
    if not change.said():
        raise RuleBroken(_("Say what to change: priority, cohort, requires, state or judgments."), field="change")
    values, otherwise = _values(change), _otherwise(change)
    until, last, changed = monotonic() + SECONDS, 0, 0
    while True:
        ids = _step(actor, project, tasks.filter(otherwise, pk__gt=last), values, change)
        changed += len(ids)
        if len(ids) < STEP:
            return TasksChanged(changed)
        last = ids[-1]
        if monotonic() > until:
            return TasksChanged(changed, more=tasks.filter(otherwise, pk__gt=last).exists())


@transaction.atomic
def _step(
    actor: User, project: Project, tasks: QuerySet[Task], values: dict[str, Any], change: TaskChange
) -> list[int]:
    if change.state == Task.State.OPEN:
        lock_for_work(project)
    with connection.cursor() as cursor:
        cursor.execute(REAPER_LOCK)
    locked = tasks.select_for_update(no_key=True, of=("self",)).order_by("pk")
    ids = list(locked.values_list("pk", flat=True)[:STEP])
    if ids:
        Task.objects.filter(pk__in=ids).update(**values)
        record(actor=actor, verb="tasks.changed", target=project, count=len(ids), **change.said())
    return ids


def _values(change: TaskChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.priority is not None:
        values["priority"] = change.priority
    if not isinstance(change.cohort, Kept):
        values["cohort"] = change.cohort
    if change.requires is not None:
        values["requires"] = clean_skills(change.requires, "requires")
    if change.judgments is not None:
        values["required"] = Greatest(F("required"), change.judgments)
        values["open_slots"] = F("open_slots") + Greatest(change.judgments - F("required"), 0)
    if change.state is not None:
        values["state"] = change.state
    return values


def _otherwise(change: TaskChange) -> Q:
    """Those for which `change` changes something: the others keep their place in the queue.

    A task without a slot (an import's, for its judgments to hang on) is none of them, unless it is opened together with
    judgments.
    """
    differs = Q(pk__in=[])
    if change.priority is not None:
        differs |= ~Q(priority=change.priority)
    if not isinstance(change.cohort, Kept):
        differs |= ~Q(cohort=change.cohort)
    if change.requires is not None:
        differs |= ~Q(requires=clean_skills(change.requires, "requires"))
    if change.judgments is not None:
        differs |= Q(required__lt=change.judgments)
    if change.state == Task.State.OPEN:
        differs |= Q(state=Task.State.CLOSED) & ~_beside_gold()
    elif change.state is not None:
        differs |= ~Q(state=change.state)
    opens = change.state == Task.State.OPEN and change.judgments is not None
    return differs & Q(required__gte=0 if opens else 1)


def _beside_gold() -> Q:
    """Those of a prompt that is given out as gold: the database keeps them closed (migration 0018)."""
    gold = Task.objects.filter(
        prompt=OuterRef("prompt"), kind=OuterRef("kind"), purpose=Task.Purpose.GOLD, state=Task.State.OPEN
    )
    return Q(Exists(gold))
