"""Making a gold item and retiring it. When it is given to whom is the claim's affair (labeling, migration 0013)."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.conflicts import conflict_where
from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.domain.ranking import K_MAX, K_MIN
from apps.labeling.models import Task
from apps.labeling.services.beside_gold import lock_for_gold
from apps.labeling.services.distribution import requirements_of
from apps.labeling.services.task_changes import TaskChange, tasks_change
from apps.projects.models import Project
from apps.prompts.models import Prompt

from ..domain.key import Pair, key_of, may_miss_checked
from ..models import EXPLANATION_MAX, GoldItem


@transaction.atomic
def gold_create(
    *,
    actor: User,
    project: Project,
    prompt: Prompt,
    candidates: Sequence[int],
    pairs: Sequence[Pair],
    explanation: str,
    may_miss: int = 0,
    requires: Sequence[str] = (),
) -> GoldItem:
    """An item of these completions of `prompt`; `pairs` speak of their places in `candidates`.

    It goes to those who have the skills in `requires`, and the prompt's language where the project asks for that. The
    prompt's ranking tasks that are open are closed: nobody is to meet it as gold and as work. What was said of them
    stays. Raises RuleBroken by field, Conflict `gold_exists` where these completions are gold already.
    """
    if not K_MIN <= len(set(candidates)) == len(candidates) <= K_MAX:
        raise RuleBroken(
            _("candidates: %(least)d to %(most)d different completions are needed.") % {"least": K_MIN, "most": K_MAX},
            field="candidates",
        )
    key = key_of(pairs, len(candidates))
    may_miss_checked(may_miss, key)
    explanation = _explanation(explanation)
    lock_for_gold(project)
    _close_work_on(actor, project, prompt)
    exists = Conflict(_("These candidates are a gold item already. Retire it first."), code="gold_exists")
    with conflict_where("task_gold_once", exists):
        task = Task.objects.create(
            project=project, prompt=prompt, kind=Task.Kind.RANK, purpose=Task.Purpose.GOLD, candidates=list(candidates),
            candidate_set=sorted(candidates), required=None, open_slots=None, sensitive=prompt.sensitive,
            requires=requirements_of(project, prompt.language, requires),
        )  # fmt: skip
    item = GoldItem.objects.create(
        task=task, pairs=[list(asdict(pair).values()) for pair in key], may_miss=may_miss, explanation=explanation,
        made_by=actor,
    )  # fmt: skip
    record(actor=actor, verb="gold.created", target=item, prompt=str(prompt.uid), pairs=len(key), may_miss=may_miss)
    return item


def _explanation(given: str) -> str:
    said = given.replace("\x00", "").strip()
    if not 1 <= len(said) <= EXPLANATION_MAX:
        raise RuleBroken(
            _("explanation: say in 1 to %(most)d characters why this is the answer.") % {"most": EXPLANATION_MAX},
            field="explanation",
        )
    return said


def _close_work_on(actor: User, project: Project, prompt: Prompt) -> None:
    open_tasks = Task.objects.filter(
        prompt=prompt, kind=Task.Kind.RANK, purpose=Task.Purpose.PRODUCTION, repeats=None, state=Task.State.OPEN
    )
    if open_tasks.exists():
        tasks_change(actor=actor, project=project, tasks=open_tasks, change=TaskChange(state=Task.State.CLOSED))


@transaction.atomic
def gold_retire(*, actor: User, item: GoldItem, retired_as: str, because: str = "") -> GoldItem:
    """Give the item to nobody any more. It stays in the record; `wrong` takes its answers out of everybody's score.

    The same again changes nothing; Conflict `gold_retired` where it was retired as something else.
    """
    if retired_as not in GoldItem.RetiredAs.values:
        known = ", ".join(GoldItem.RetiredAs.values)
        raise RuleBroken(_("retired_as: one of %(known)s.") % {"known": known}, field="retired_as")
    because = because.replace("\x00", "").strip()[:500]
    locked = GoldItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if locked.retired_at is not None:
        if locked.retired_as != retired_as:
            raise Conflict(_("This item is retired already, as something else."), code="gold_retired")
        return locked
    locked.retired_at, locked.retired_as, locked.retired_because = timezone.now(), retired_as, because
    locked.save(update_fields=["retired_at", "retired_as", "retired_because"])
    Task.objects.filter(pk=locked.task_id).update(state=Task.State.CLOSED)
    record(actor=actor, verb="gold.retired", target=locked, retired_as=retired_as, because=because)
    return locked
