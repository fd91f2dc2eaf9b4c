"""Keeping the table of disagreements: what is new is looked at, and the tasks that it touched are made again."""

from django.db import connection, transaction

from apps.projects.models import Project
from apps.quality.services.newness import judgments_above, mine_to_make, read_to_now

from ..domain.disagreement import Disagreements, disagreements
from ..models import DisagreementsRead
from ..selectors.rankings import rankings_of, tasks_touched
from .stakes import SCORE, place_of, stakes_sync

# Tasks made again at a time.
STEP = 5_000
_STORE = f"""
INSERT INTO adjudication_disagreement AS known (
    task_id, project_id, cohort, judgments, compared, alike, disagreement, feeds, use_case, sensitive, priority, place, resolved)
SELECT found.task_id, task.project_id, CASE WHEN training THEN 'training' ELSE 'held-out' END, judgments, compared, alike,
       1 - alike::float8 / compared, feeds, prompt.use_case, task.sensitive, task.priority, {place_of(SCORE, "task.id")},
       EXISTS (SELECT FROM adjudication_resolution WHERE task_id = found.task_id)
FROM unnest(%(task)s::bigint[], %(training)s::boolean[], %(judgments)s::int[], %(compared)s::int[], %(alike)s::int[], %(feeds)s::int[])
     AS found(task_id, training, judgments, compared, alike, feeds)
JOIN labeling_task task ON task.id = found.task_id
JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
LEFT JOIN adjudication_adjudicationrules rules ON rules.project_id = task.project_id
CROSS JOIN LATERAL (SELECT 1 - alike::float8 / compared AS disagreement) share
ORDER BY found.task_id
ON CONFLICT (task_id) DO UPDATE SET
    cohort = EXCLUDED.cohort, judgments = EXCLUDED.judgments, compared = EXCLUDED.compared, alike = EXCLUDED.alike,
    disagreement = EXCLUDED.disagreement, feeds = EXCLUDED.feeds, use_case = EXCLUDED.use_case,
    sensitive = EXCLUDED.sensitive, priority = EXCLUDED.priority, place = EXCLUDED.place,
    -- Settled while this looked: nothing makes a task unsettled again.
    resolved = known.resolved OR EXCLUDED.resolved
"""  # noqa: S608 - own expressions


@transaction.atomic
def disagreements_refresh(*, project: Project, from_nothing: bool = False, stakes: bool = True) -> int:
    """Look at what was said since the last time; how many tasks were made again. None of it where another process does.

    `stakes`: also at every task that waits, for what changed of it. By the clock, not while somebody waits.
    """
    if not mine_to_make("disagreements", project):
        return 0
    known = DisagreementsRead.objects.filter(project=project).first()
    begin = known.read_to if known and not from_nothing else 0
    if stakes:
        stakes_sync(project=project)
    if known and not from_nothing and judgments_above(project, begin) == known.above:
        return 0
    # Before anything is read: whatever comes meanwhile is above it.
    read_to = read_to_now(begin)
    above = judgments_above(project, read_to)
    touched = tasks_touched(project, begin)
    for start in range(0, len(touched), STEP):
        rows = rankings_of(touched[start : start + STEP])
        _store(disagreements(rows.task, rows.tiers, rows.training))
    DisagreementsRead.objects.update_or_create(project=project, defaults={"read_to": read_to, "above": above})
    return len(touched)


def _store(found: Disagreements) -> None:
    names = ("task", "training", "judgments", "compared", "alike", "feeds")
    with connection.cursor() as cursor:
        cursor.execute(_STORE, {name: getattr(found, name).tolist() for name in names})
