"""Asking for more judgments where labelers disagree. Bounded, and harmless when asked again.

A task that still waits for judgments, or is in somebody's hands, is passed over, so the same wish twice asks once; and none gets more than `most`.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from django.db.models import DecimalField, Exists, ExpressionWrapper, F, OuterRef, Value
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import RuleBroken
from apps.labeling.models import Assignment, Task
from apps.labeling.services.task_changes import TaskChange, tasks_change
from apps.projects.models import Project

from ..models import AdjudicationRules, Disagreement
from .refresh import disagreements_refresh

STEP = 1_000
SECONDS = 20.0
MORE_MOST, JUDGMENTS_MOST = 10, 50
_IN_HAND = (Assignment.State.LEASED, Assignment.State.RESERVED)


@dataclass(frozen=True, slots=True)
class MoreAsked:
    """`more`: there was no time for all; the same wish again goes on."""

    tasks: int
    judgments: int
    more: bool = False


def judgments_ask_more(*, actor: User, project: Project, below: float, more: int, most: int) -> MoreAsked:
    """For each open task whose labelers agree on less than `below` of the pairs, `more` judgments on top of those it
    has, `most` in all. Raises RuleBroken by field."""
    require_sensible(below, more, most)
    disagreements_refresh(project=project, stakes=False)
    until, last, tasks, judgments = monotonic() + SECONDS, 0, 0, 0
    while True:
        step = _waiting_for_more(project, below, most, last)
        by_target: dict[int, list[int]] = defaultdict(list)
        for task, required in step:
            by_target[min(required + more, most)].append(task)
            judgments += min(required + more, most) - required
        for target, ids in sorted(by_target.items()):
            chosen = Task.objects.filter(pk__in=ids)
            tasks += tasks_change(
                actor=actor, project=project, tasks=chosen, change=TaskChange(judgments=target)
            ).changed
        if len(step) < STEP:
            break
        last = step[-1][0]
        if monotonic() > until:
            break
    unfinished = len(step) == STEP
    if tasks:
        record(
            actor=actor, verb="adjudication.more_asked", target=project, tasks=tasks, judgments=judgments, below=below,
            more=more, most=most,
        )  # fmt: skip
    return MoreAsked(tasks, judgments, unfinished)


def rules_apply(*, project: Project) -> MoreAsked:
    """What the project's rules ask for, in the name of whoever set them."""
    rules = AdjudicationRules.objects.select_related("set_by").filter(project=project).first()
    if rules is None or rules.more_below is None:
        return MoreAsked(0, 0)
    return judgments_ask_more(
        actor=rules.set_by, project=project, below=rules.more_below, more=rules.more_judgments, most=rules.more_most
    )


def _waiting_for_more(project: Project, below: float, most: int, after: int) -> list[tuple[int, int]]:
    """Tasks, oldest first, with how many judgments each was to get: open, all given, and not settled."""
    enough = ExpressionWrapper(F("compared") * Value(Decimal(str(below))), DecimalField())
    in_hand = Assignment.objects.filter(task=OuterRef("task_id"), state__in=_IN_HAND)
    rows = Disagreement.objects.filter(
        ~Exists(in_hand), project=project, resolved=False, alike__lt=enough, task_id__gt=after,
        task__state=Task.State.OPEN, task__open_slots=0, task__required__gte=1, task__required__lt=most,
    )  # fmt: skip
    return list(rows.order_by("task_id").values_list("task_id", F("task__required"))[:STEP])


def require_sensible(below: float | None, more: int, most: int, prefix: str = "") -> None:
    """Raise RuleBroken by field, as the caller calls it."""
    if below is not None and not 0 < below <= 1:
        name = f"{prefix}below"
        raise RuleBroken(_("%(field)s: a share above 0 and up to 1 is needed.") % {"field": name}, field=name)
    for name, value, least, highest in (
        (f"{prefix}judgments" if prefix else "more", more, 1, MORE_MOST),
        (f"{prefix}most" if prefix else "most", most, 2, JUDGMENTS_MOST),
    ):
        if not least <= value <= highest:
            raise RuleBroken(
                _("%(field)s: a whole number from %(least)d to %(most)d is needed.")
                % {"field": name, "least": least, "most": highest},
                field=name,
            )  # fmt: skip
