"""Keeping the table of disagreements: what is new is looked at, and the tasks that it touched are made again."""

from django.db import connection

from apps.projects.models import Project
from apps.quality.domain.mark import Mark
from apps.quality.services.newness import FAR, alone, mark_now, nothing_since

from ..domain.disagreement import Disagreements, disagreements
from ..models import DisagreementsRead
from ..selectors.rankings import rankings_of, tasks_touched
from .stakes import SCORE, place_of, stakes_take_over

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


def disagreements_refresh(*, project: Project, from_nothing: bool = False, stakes: bool = True) -> int:
    """Look at what was said since the last time; how many tasks were made again. None of it where another process does.

    `stakes`: also at what changed of tasks, which may be all of them. By the clock, not while somebody waits. Each step is
    kept by itself: of a look that breaks off, the next one does all again.
    """
    with alone("disagreements", project) as mine:
        if not mine:
            return 0
        known = DisagreementsRead.objects.filter(project=project).first()
        looked = Mark(known.read_to, known.above) if known and not from_nothing else None
        if stakes:
            stakes_take_over(project=project)
        mark = mark_now(project, looked)
        quiet = looked is not None and nothing_since(project, looked)
        if quiet and looked and mark.read_to - looked.read_to <= FAR:
            return 0
        touched = [] if quiet else tasks_touched(project, looked.read_to if looked else 0)
        for start in range(0, len(touched), STEP):
            rows = rankings_of(touched[start : start + STEP])
            _store(disagreements(rows.task, rows.tiers, rows.training))
        DisagreementsRead.objects.update_or_create(
            project=project, defaults={"read_to": mark.read_to, "above": mark.above}
        )
        return len(touched)


def _store(found: Disagreements) -> None:
    names = ("task", "training", "judgments", "compared", "alike", "feeds")
    with connection.cursor() as cursor:
        cursor.execute(_STORE, {name: getattr(found, name).tolist() for name in names})
