"""What came of adjudication, for whoever builds on it: gold, the guideline, the causes, snapshots."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from apps.labeling.models import Task
from apps.projects.models import GuidelineVersion, Project

from ..models import Resolution


def resolutions_of(project: Project) -> QuerySet[Resolution]:
    """The resolutions that stand, newest first."""
    return (
        Resolution.objects.filter(task__project=project, superseded_by=None)
        .select_related("task__prompt", "membership", "guideline", "supersedes")
        .defer("guideline__body", "task__prompt__messages", "task__prompt__context")
        .order_by("-id")
    )


def resolutions_by_category(project: Project) -> dict[str, int]:
    """How often each category stands, all of them named."""
    counted = resolutions_of(project).order_by().values_list("category").annotate(n=Count("id"))
    return dict.fromkeys(Resolution.Category.values, 0) | dict(counted)


def gold_proposed(project: Project) -> QuerySet[Resolution]:
    """Hard but clear: tasks with a right answer that is easily missed. What gold is made of, where it is none yet."""
    gold = Task.objects.filter(
        purpose=Task.Purpose.GOLD, prompt=OuterRef("task__prompt"), candidate_set=OuterRef("task__candidate_set")
    )
    return resolutions_of(project).filter(~Exists(gold), category=Resolution.Category.HARD)


@dataclass(frozen=True, slots=True)
class UnclearRule:
    """A rule of a guideline that adjudicators found unclear; `rule` is its address, empty for the whole guideline."""

    guideline: GuidelineVersion
    rule: str
    tasks: int


def unclear_rules(project: Project) -> list[UnclearRule]:
    """Those found unclear most often first."""
    found: Counter[tuple[int, str]] = Counter()
    versions: dict[int, GuidelineVersion] = {}
    for one in resolutions_of(project).filter(category=Resolution.Category.GUIDELINE, guideline__isnull=False):
        assert one.guideline is not None
        versions[one.guideline.pk] = one.guideline
        found[one.guideline.pk, one.rule] += 1
    return [UnclearRule(versions[pk], rule, tasks) for (pk, rule), tasks in found.most_common()]


def categories_of_tasks(project: Project) -> dict[int, str]:
    """The category of each settled task by its id."""
    return dict(Resolution.objects.filter(task__project=project, superseded_by=None).values_list("task_id", "category"))
