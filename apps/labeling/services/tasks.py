"""Making tasks of prompts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MAX, K_MIN
from apps.projects.models import Project
from apps.prompts.models import Completion, Prompt

from ..models import Task


@dataclass(slots=True)
class TasksCreated:
    created: list[Task] = field(default_factory=list)
    existing: int = 0


@transaction.atomic
def tasks_create(
    *,
    actor: User,
    project: Project,
    kind: str,
    prompts: Sequence[Prompt],
    required: int | None = None,
    priority: int = 0,
) -> TasksCreated:
    """One task of `kind` for each prompt; what stands already is left alone.

    A ranking task takes the prompt's model and imported completions (2 to 9 of them), not its demonstrations. Raises RuleBroken, and
    makes nothing, when a prompt has too few or too many.
    """
    if not prompts:
        raise RuleBroken("prompts: no prompt of this project matches.", field="prompts", code="no_prompts")
    result = TasksCreated()
    for prompt in prompts:
        candidates = [] if kind == Task.Kind.DEMONSTRATE else _candidates(prompt, kind)
        task, new = task_for(
            project=project, prompt=prompt, kind=kind, candidates=candidates,
            required=required or slots_for(project, prompt), priority=priority,
        )  # fmt: skip
        if new:
            result.created.append(task)
        else:
            result.existing += 1
    record(actor=actor, verb="tasks.created", target=project, kind=kind, count=len(result.created))
    return result


def task_for(
    *,
    project: Project,
    prompt: Prompt,
    kind: str,
    candidates: Sequence[int],
    required: int,
    priority: int = 0,
    **fields: Any,
) -> tuple[Task, bool]:
    """The production task of that prompt and candidate set, and whether it is now open that was not."""
    task, new = Task.objects.select_for_update(no_key=True).get_or_create(
        prompt=prompt, kind=kind, candidate_set=sorted(candidates), purpose=Task.Purpose.PRODUCTION, repeats=None,
        defaults={
            "project": project, "candidates": list(candidates), "required": required, "open_slots": required,
            "priority": priority, "sensitive": prompt.sensitive, **fields,
        },
    )  # fmt: skip
    return task, new or _open_closed(task, required)


def _open_closed(task: Task, required: int) -> bool:
    """Open a task that an import made only for its judgments to hang on. False when it is open already."""
    if task.state == Task.State.OPEN:
        return False
    task.state, task.required, task.open_slots = Task.State.OPEN, required, required
    task.save(update_fields=["state", "required", "open_slots"])
    return True


def slots_for(project: Project, prompt: Prompt) -> int:
    """How many labelers a prompt's task gets: the project's number, or more for the overlap sample.

    The sample is a fixed function of the project's seed and the text, so a repeated import draws it alike.
    InstructGPT had most comparisons labeled once and measured agreement on such a sample.
    """
    draw = int.from_bytes(hashlib.sha256(f"{project.seed}:overlap:{prompt.content_sha256}".encode()).digest()[:4])
    in_sample = draw / 2**32 < project.overlap_share
    return max(project.judgments_per_task, project.overlap_judgments) if in_sample else project.judgments_per_task


def _candidates(prompt: Prompt, kind: str) -> list[int]:
    least = K_MIN if kind == Task.Kind.RANK else 1
    ids = list(
        Completion.objects.filter(prompt=prompt, demonstration=None)
        .exclude(origin=Completion.Origin.MEMBER)
        .order_by("id")
        .values_list("id", flat=True)
    )
    if not least <= len(ids) <= K_MAX:
        raise RuleBroken(
            f"prompts: {prompt.uid} has {len(ids)} completions; a {kind} task takes {least} to {K_MAX}.",
            field="prompts", code="wrong_candidate_count", prompt=str(prompt.uid),
        )  # fmt: skip
    return ids
