"""What a snapshot asks of whole tasks: that their labelers agree, that an adjudicator settled them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from apps.adjudication.models import Resolution
from apps.projects.models import Cohort

from ..domain.filters import SnapshotFilter
from ..models import Purpose
from .matching import Step

# Of all labelers in the selection, whoever they are: all would be learned from. A pair of candidates of a task is
# counted once, by how many call it better, tied and worse, so the work does not grow with the square of the labelers.
# What stays is listed, not what goes: PostgreSQL may look through a list of what goes from end to end for every judgment.
_AGREEING = """
WITH picked(id, task_id) AS ({picked})
SELECT task_id FROM picked GROUP BY task_id HAVING count(*) = 1
UNION ALL
SELECT pair.task_id FROM (
    SELECT said.task_id, count(*) FILTER (WHERE one.tier < other.tier) AS better,
           count(*) FILTER (WHERE one.tier = other.tier) AS tied, count(*) FILTER (WHERE one.tier > other.tier) AS worse
    FROM (
        SELECT picked.task_id, ranking.tiers, count(*) OVER (PARTITION BY picked.task_id) AS judgments
        FROM picked JOIN labeling_ranking ranking ON ranking.judgment_id = picked.id
    ) said
    CROSS JOIN LATERAL unnest(said.tiers) WITH ORDINALITY AS one(tier, place)
    JOIN LATERAL unnest(said.tiers) WITH ORDINALITY AS other(tier, place) ON one.place < other.place
    WHERE said.judgments > 1
    GROUP BY said.task_id, one.place, other.place
) pair
GROUP BY pair.task_id
HAVING sum(better * (better - 1) + tied * (tied - 1) + worse * (worse - 1))
    >= %s * sum((better + tied + worse) * (better + tied + worse - 1))
"""


def task_steps(chosen: SnapshotFilter, purpose: str) -> list[Step]:
    """Last of all steps: they look at what the others have left."""
    steps: list[Step] = []
    if chosen.judgments == "adjudicated":
        bad = _of_the_row(_standing()).filter(category=Resolution.Category.PROMPT)
        steps.append(("are of prompts that an adjudicator found bad", _keep(~Exists(bad))))
        if chosen.unresolved == "leave_out":
            steps.append(("are of tasks that no adjudicator settled", _keep(Exists(_of_the_row(_usable(purpose))))))
    if chosen.min_agreement is not None:
        reason = "are of tasks whose labelers agree too little"
        steps.append((reason, _agreeing(chosen, chosen.min_agreement, purpose)))
    return steps


def _usable(purpose: str) -> QuerySet[Resolution]:
    """Those with a ranking; none that rests on held-out judgments where models learn from it."""
    found = _standing().filter(tiers__isnull=False)
    return found.filter(cohort=Cohort.TRAINING) if purpose == Purpose.TRAINING else found


def _standing() -> QuerySet[Resolution]:
    return Resolution.objects.filter(superseded_by=None)


def _of_the_row(resolutions: QuerySet[Resolution]) -> QuerySet[Resolution]:
    return resolutions.filter(task=OuterRef("task_id"))


def _keep(wanted: Any) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    return lambda rows: rows.filter(wanted)


def _agreeing(chosen: SnapshotFilter, least: float, purpose: str) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    def agreeing(rows: QuerySet[Any]) -> QuerySet[Any]:
        picked, params = rows.order_by().values_list("pk", "task_id").query.sql_with_params()
        tasks, values = _AGREEING.format(picked=picked), [*params, Decimal(str(least))]
        if chosen.judgments == "adjudicated":  # what was settled is settled, however far apart they were
            settled, params = _usable(purpose).order_by().values("task_id").query.sql_with_params()
            tasks, values = f"{tasks} UNION ALL {settled}", [*values, *params]
        return rows.filter(task_id__in=RawSQL(tasks, values))  # noqa: S611 - Django's own SQL

    return agreeing
