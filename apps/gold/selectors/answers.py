"""Answers to gold one by one, as a list of the API pages through them."""

from django.db.models import QuerySet

from apps.labeling.models import Judgment
from apps.projects.models import Project

from ..domain.scoring import score
from .scores import GoldAnswer


def answers_given(project: Project) -> QuerySet[Judgment]:
    """What members say of the project's gold now, also of items that are retired; imported judgments answer no key."""
    found = Judgment.objects.filter(
        task__project=project, task__gold_item__isnull=False, superseded_by=None, assignment__isnull=False,
        ranking__isnull=False,
    )  # fmt: skip
    return found.select_related("task__gold_item", "ranking", "assignment__membership")


def answer_of(judgment: Judgment) -> GoldAnswer:
    """Of a row of `answers_given`."""
    assert judgment.assignment is not None
    item, member = judgment.task.gold_item, judgment.assignment.membership
    tiers = tuple(judgment.ranking.tiers)
    return GoldAnswer(
        member.pk, member.pseudonym, item.pk, judgment.uid, judgment.submitted_at, tiers,
        score(tiers, item.key, item.may_miss), item.counts,
    )  # fmt: skip
