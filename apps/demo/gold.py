"""Gold in the demo: a few texts of which the content's author knows what is better, by a clear distance."""

from itertools import permutations
from typing import Any

from apps.accounts.models import User
from apps.gold.domain.key import Pair
from apps.gold.models import GoldItem
from apps.gold.services.items import gold_create
from apps.labeling.models import Task
from apps.projects.models import Project

from . import content

GOLD = {
    "clinic-cancellation-fee", "clinic-flu-poster", "clinic-voicemail-json", "clinic-reminder-rewrite",
    "story-ferry-bell", "names-for-repair-cafe",
}  # fmt: skip
# On the content's scale of 1 to 7. What is nearer may be seen either way, so the key says nothing of it.
CLEARLY = 2.0


def gold_begin(manager: User, project: Project) -> None:
    """Those that are not gold yet. An item that a manager retired is not made again."""
    for prompt in content.prompts():
        if prompt["id"] not in GOLD:
            continue
        task = _task(project, prompt["id"])
        if task is not None and not GoldItem.objects.filter(task__prompt=task.prompt).exists():
            gold_create(
                actor=manager, project=project, prompt=task.prompt, candidates=task.candidates,
                pairs=_pairs(task, prompt), may_miss=1, explanation=prompt["why"], requires=task.requires,
            )  # fmt: skip


def _task(project: Project, name: str) -> Task | None:
    found = Task.objects.filter(
        project=project, kind=Task.Kind.RANK, purpose=Task.Purpose.PRODUCTION, repeats=None,
        prompt__external_ids__contains=[name],
    )  # fmt: skip
    return found.select_related("prompt").first()


def _pairs(task: Task, prompt: dict[str, Any]) -> list[Pair]:
    quality = {completion["id"]: completion["quality"] for completion in prompt["completions"]}
    told = [quality[str(name)] for name in task.external_candidate_ids or []]
    return [Pair(one, other) for one, other in permutations(range(len(told)), 2) if told[one] - told[other] >= CLEARLY]
