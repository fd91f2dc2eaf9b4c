"""Which judgments and prompts a snapshot takes, and, when none are left, what took them away."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.core.domain.errors import RuleBroken
from apps.labeling.models import Judgment, Task
from apps.projects.models import Cohort, ExternalLabeler, Project
from apps.prompts.models import Completion, Prompt

from ..domain.filters import SnapshotFilter
from ..models import DatasetSnapshot, Purpose, SnapshotItem
from .agreeing import task_steps
from .matching import Step, judgment_steps, prompt_steps

Kind = DatasetSnapshot.Kind
# Gold, qualification and evaluation tasks measure people and models, and so do repeats of a labeler's own tasks; they are
# not data to learn from.
_PURPOSES = [Task.Purpose.PRODUCTION, Task.Purpose.ADJUDICATION]
_CARRIES: dict[str, dict[str, Any]] = {
    Kind.RANKINGS: {"ranking__isnull": False},
    Kind.RATINGS: {"ratings__isnull": False, "ranking": None},
    Kind.DEMONSTRATIONS: {"demonstration__isnull": False},
}


def rows_selected(*, project: Project, kind: str, purpose: str, chosen: SnapshotFilter) -> QuerySet[Any]:
    """The judgments (or prompts) of a snapshot, unordered."""
    rows = _all_rows(project, kind)
    for _, step in _steps(project, kind, purpose, chosen):
        rows = step(rows)
    return rows


def require_rows(*, project: Project, kind: str, purpose: str, chosen: SnapshotFilter) -> None:
    """Raise RuleBroken (`nothing_to_export`) that says what was left out, and why, when nothing is left."""
    if rows_selected(project=project, kind=kind, purpose=purpose, chosen=chosen).exists():
        return
    rows = _all_rows(project, kind)
    total = left = rows.count()
    reasons = []
    for reason, step in _steps(project, kind, purpose, chosen):
        rows = step(rows)
        now = rows.count()
        if now < left:
            reasons.append(f"{left - now} {reason}")
        left = now
    why = f"of {total} {kind}, {'; '.join(reasons)}" if total else f"the project has no {kind} yet"
    raise RuleBroken(
        f"Nothing to export: {why}.", field="filter", code="nothing_to_export", total=total, excluded=reasons
    )


def items_insert(snapshot: DatasetSnapshot, rows: QuerySet[Any]) -> int:
    """Write down what the snapshot holds, in one statement: a line each, ordered by uid."""
    sql, params = rows.order_by().values_list("pk", "uid").query.sql_with_params()
    column = "prompt_id" if snapshot.kind == Kind.PROMPTS else "judgment_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SnapshotItem._meta.db_table} (snapshot_id, line, {column}) "  # noqa: S608 - own names
            f"SELECT %s, row_number() OVER (ORDER BY uid), id FROM ({sql}) AS picked(id, uid) ORDER BY uid",
            [snapshot.pk, *params],
        )
        return int(cursor.rowcount)


def _all_rows(project: Project, kind: str) -> QuerySet[Any]:
    if kind == Kind.PROMPTS:
        return Prompt.objects.filter(project=project)
    return Judgment.objects.filter(
        task__project=project, task__purpose__in=_PURPOSES, task__repeats=None, **_CARRIES[kind]
    )


def _steps(project: Project, kind: str, purpose: str, chosen: SnapshotFilter) -> list[Step]:
    """What narrows the rows, each with its reason, in the order in which it is told."""
    if kind == Kind.PROMPTS:
        turns = [] if chosen.limit is None else [("are over the limit", _by_turns(chosen.limit))]
        return [*prompt_steps(chosen, "", "created_at"), *turns]
    steps: list[Step] = []
    if not chosen.include_superseded:
        steps.append(("are superseded by a correction", lambda rows: rows.filter(superseded_by=None)))
    if purpose == Purpose.TRAINING:
        steps.append((
            "are by held-out labelers, whose judgments never enter a training snapshot",
            lambda rows: rows.filter(cohort=Cohort.TRAINING),
        ))  # fmt: skip
        if not project.allows_simulated_training:
            steps.append((
                "are by simulated labelers, who enter training snapshots in the demo only",
                lambda rows: rows.exclude(external_labeler__kind=ExternalLabeler.Kind.SIMULATED),
            ))  # fmt: skip
    steps += [*judgment_steps(chosen), *prompt_steps(chosen, "task__prompt__", "submitted_at")]
    return [*steps, *task_steps(chosen, purpose)]


def _by_turns(limit: int) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    """So many prompts: those that limited snapshots took least often, then those that models answered least.

    Being taken counts, not being answered: a prompt too long for every model would else come first for ever.
    Among equals their texts decide, which is a draw that does not change.
    """
    taken = SnapshotItem.objects.filter(prompt=OuterRef("pk"), snapshot__filter__has_key="limit")
    answers = Completion.objects.filter(prompt=OuterRef("pk"), origin=Completion.Origin.MODEL)

    def first(rows: QuerySet[Any]) -> QuerySet[Any]:
        ordered = rows.annotate(taken=_count_of(taken), answered=_count_of(answers))
        chosen = ordered.order_by("taken", "answered", "content_sha256").values("pk")[:limit]
        return Prompt.objects.filter(pk__in=chosen)

    return first


def _count_of(rows: QuerySet[Any]) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values("prompt").annotate(n=Count("*")).values("n")), 0)
