"""Tasks on which people disagree."""

from collections.abc import Sequence
from itertools import count

from apps.labeling.models import Judgment, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.labeling.services.judgments import judgment_submit
from apps.projects.models import ExternalLabeler, Membership, Project
from tests.make import make_rank_task

_names = count(1)


def say(task: Task, tiers: Sequence[int], cohort: str = "training", kind: str = "person", name: str = "") -> Judgment:
    """What somebody elsewhere says of the task, by the places of its candidates."""
    labeler, _ = ExternalLabeler.objects.get_or_create(
        project=task.project, pseudonym=name or f"person-{next(_names)}", defaults={"cohort": cohort, "kind": kind}
    )
    said = ImportedJudgment(task_id=task.pk, external_labeler_id=labeler.pk, cohort=cohort, tiers=tiers)
    judgments_insert(judgments=[said])
    return Judgment.objects.get(task=task, external_labeler=labeler)


def contested(project: Project, *rankings: Sequence[int], **fields: object) -> Task:
    """A task that so many people ranked like that."""
    task = make_rank_task(project, k=len(rankings[0]), **fields)
    for tiers in rankings:
        say(task, tiers)
    return task


def judge(member: Membership, tiers: Sequence[int]) -> Judgment:
    """What `member` says of the next task, by the places of its candidates."""
    assignment = assignment_claim(member=member, kind="rank")
    letters = dict(zip(assignment.display_order, "ABCDEFGHI", strict=False))
    body = {"tiers": {letters[place]: tier for place, tier in enumerate(tiers)}}
    return judgment_submit(assignment=assignment, body=body).judgment
