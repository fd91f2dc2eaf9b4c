"""What a snapshot asks of whole tasks: that their labelers agree, that an adjudicator settled them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from apps.adjudication.models import Resolution
from apps.projects.models import Cohort

from ..domain.filters import SnapshotFilter
from ..models import Purpose
from .matching import Step

# Of all labelers in the selection, whoever they are: all would be learned from. A pair of candidates of a task is
# counted once, by how many call it better, tied and worse, so the work does not grow with the square of the labelers.
_BELOW = """
SELECT pair.task_id FROM (
    SELECT said.task_id, count(*) FILTER (WHERE one.tier < other.tier) AS better,
           count(*) FILTER (WHERE one.tier = other.tier) AS tied, count(*) FILTER (WHERE one.tier > other.tier) AS worse
    FROM (
        SELECT picked.task_id, ranking.tiers, count(*) OVER (PARTITION BY picked.task_id) AS judgments
        FROM ({picked}) AS picked(id, task_id) JOIN labeling_ranking ranking ON ranking.judgment_id = picked.id
    ) said
    CROSS JOIN LATERAL unnest(said.tiers) WITH ORDINALITY AS one(tier, place)
    JOIN LATERAL unnest(said.tiers) WITH ORDINALITY AS other(tier, place) ON one.place < other.place
    WHERE said.judgments > 1
    GROUP BY said.task_id, one.place, other.place
) pair
GROUP BY pair.task_id
HAVING sum(better * (better - 1) + tied * (tied - 1) + worse * (worse - 1))
    < %s * sum((better + tied + worse) * (better + tied + worse - 1))
"""


def task_steps(chosen: SnapshotFilter, purpose: str) -> list[Step]:
    """Last of all steps: they look at what the others have left."""
    steps: list[Step] = []
    if chosen.judgments == "adjudicated":
        bad = _resolutions().filter(category=Resolution.Category.PROMPT)
        steps.append(("are of prompts that an adjudicator found bad", _keep(~Exists(bad))))
        if chosen.unresolved == "leave_out":
            steps.append(("are of tasks that no adjudicator settled", _keep(Exists(usable_resolutions(purpose)))))
    if chosen.min_agreement is not None:
        reason = "are of tasks whose labelers agree too little"
        steps.append((reason, _agreeing(chosen, chosen.min_agreement, purpose)))
    return steps


def usable_resolutions(purpose: str) -> QuerySet[Resolution]:
    """Those with a ranking, of the outer row's task; none that rests on held-out judgments where models learn from it."""
    found = _resolutions().filter(tiers__isnull=False)
    return found.filter(cohort=Cohort.TRAINING) if purpose == Purpose.TRAINING else found


def _resolutions() -> QuerySet[Resolution]:
    return Resolution.objects.filter(task=OuterRef("task_id"), superseded_by=None)


def _keep(wanted: Any) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    return lambda rows: rows.filter(wanted)


def _agreeing(chosen: SnapshotFilter, least: float, purpose: str) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    def agreeing(rows: QuerySet[Any]) -> QuerySet[Any]:
        sql, params = rows.order_by().values_list("pk", "task_id").query.sql_with_params()
        raw = RawSQL(_BELOW.format(picked=sql), [*params, Decimal(str(least))])  # noqa: S611 - Django's own SQL
        low = Q(task_id__in=raw)
        if chosen.judgments == "adjudicated":  # what was settled is settled, however far apart they were
            return rows.exclude(low & ~Q(Exists(usable_resolutions(purpose))))
        return rows.exclude(low)

    return agreeing
