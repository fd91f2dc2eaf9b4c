"""Tasks and judgments as those who curate a project read them: with models' texts named, purposes and priorities."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, IntegerField, OuterRef, QuerySet

from apps.projects.models import Project
from apps.prompts.models import Completion

from ..models import Judgment, Task


class _IsOneOf(Func):
    """`value = ANY (array)`."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


class _Place(Func):
    function = "array_position"
    output_field = IntegerField()


def _candidates(path: str) -> ArraySubquery:
    """The uids of a task's candidates by position. `path` leads from the row to its task."""
    candidates = OuterRef(f"{path}candidates")
    mine = Completion.objects.filter(_IsOneOf(F("pk"), candidates), prompt=OuterRef(f"{path}prompt"))
    return ArraySubquery(mine.alias(place=_Place(candidates, F("pk"))).order_by("place").values("uid"))


def tasks_told(project: Project) -> QuerySet[Task]:
    """The project's tasks with their candidates' uids, newest first."""
    rows = Task.objects.filter(project=project).select_related("prompt").annotate(candidate_uids=_candidates(""))
    return rows.defer("prompt__messages", "prompt__context", "source", "metadata").order_by("-id")


def judgments_told(project: Project) -> QuerySet[Judgment]:
    """The project's judgments with all they say, newest first; superseded ones too."""
    rows = Judgment.objects.filter(task__project=project).select_related(
        "task__prompt", "assignment__membership", "external_labeler", "schema", "guideline", "supersedes",
        "superseded_by", "ranking", "ratings", "demonstration__completion",
    )  # fmt: skip
    return (
        rows.annotate(candidate_uids=_candidates("task__"))
        .defer(
            "task__prompt__messages", "task__prompt__context", "guideline__body", "schema__body", "assignment__draft"
        )
        .order_by("-id")
    )
