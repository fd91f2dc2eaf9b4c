"""How work is spread: how many labelers a new task gets, and which of them may take it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import connection

from apps.projects.domain.skills import clean_skills, language_skill
from apps.projects.models import Project

from ..domain.overlap import sampled

# Sorted, so that two that number tasks of the same strata wait for each other rather than deadlock.
_NUMBER = """
INSERT INTO labeling_overlapstratum AS known (project_id, stratum, tasks)
SELECT %s, fresh.stratum, fresh.n FROM unnest(%s::text[], %s::bigint[]) AS fresh(stratum, n) ORDER BY fresh.stratum
ON CONFLICT (project_id, stratum) DO UPDATE SET tasks = known.tasks + EXCLUDED.tasks
RETURNING stratum, tasks
"""


def slots_of(project: Project, use_cases: Sequence[str]) -> list[int]:
    """The judgments that so many new tasks get, in order: the project's number, or that of the overlap sample.

    Numbers the tasks within their stratum (the use case) for good, so call it once for tasks that will be made, in the
    transaction that makes them, and late in it: until it ends, others who make tasks of these strata wait. One query;
    none where the project has no sample.
    """
    usual = project.judgments_per_task
    many = max(usual, project.overlap_judgments)
    if not use_cases or not project.overlap_share or many == usual:
        return [usual] * len(use_cases)
    drawn = {
        stratum: sampled(seed=project.seed, stratum=stratum, share=project.overlap_share, first=first, count=count)
        for stratum, first, count in _numbered(project, Counter(use_cases))
    }
    return [many if next(drawn[use_case]) else usual for use_case in use_cases]


def _numbered(project: Project, counts: Counter[str]) -> list[tuple[str, int, int]]:
    """Each stratum with the number of its first new task and how many there are."""
    strata = sorted(counts)
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [project.pk, strata, [counts[stratum] for stratum in strata]])
        return [(stratum, tasks - counts[stratum], counts[stratum]) for stratum, tasks in cursor.fetchall()]


def requirements_of(project: Project, language: str, requires: Iterable[str] = ()) -> list[str]:
    """The skills that a task asks of its labelers: those given, and its prompt's language where the project says so."""
    asked = clean_skills(requires, "requires")
    language = language_skill(language) if project.reserve_languages else ""
    return sorted({*asked, language}) if language else asked
