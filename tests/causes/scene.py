"""Simulated judgments as rows of a project."""

import itertools

import numpy as np

from apps.causes.domain.given import Given
from apps.labeling.models import Task
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.projects.models import ExternalLabeler, Project
from apps.prompts.models import Prompt
from tests.make import make_rank_task

_names = itertools.count(1)


def played(project: Project, data: Given) -> list[Task]:
    """Tasks by their number in `data`, ranked by persons from elsewhere."""
    table = data.judged
    size = int(table.sizes()[0])
    tasks = [make_rank_task(project, k=size) for _ in np.unique(table.task)]
    for task, row in zip(tasks, np.unique(table.task, return_index=True)[1], strict=True):
        Prompt.objects.filter(pk=task.prompt_id).update(use_case=f"case {table.groups['use_case'][row]}")
    scene = next(_names)
    people = {
        one: ExternalLabeler.objects.create(
            project=project, pseudonym=f"P{scene}-{one}", kind="person", cohort="training"
        )
        for one in np.unique(table.labeler).tolist()
    }
    judgments_insert(judgments=[
        ImportedJudgment(
            task_id=tasks[task].pk, external_labeler_id=people[labeler].pk, cohort="training",
            tiers=[int(tier) for tier in tiers[:size]],
        )
        for task, labeler, tiers in zip(table.task.tolist(), table.labeler.tolist(), table.tiers, strict=True)
    ])  # fmt: skip
    return tasks
