"""Who is there to judge what: prompts by language and use case, and who knows or judged them."""

from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet

from apps.projects.access import ALLOWED, Capability
from apps.projects.models import Membership, Project
from apps.prompts.models import Prompt

from ..domain.bias.coverage import Languages, UseCase, UseCases, languages, use_cases

_LANGUAGE = "language:"
# Persons alone: what a pool or a model said covers nothing.
_JUDGED = """
SELECT prompt.use_case, count(DISTINCT prompt.id),
       count(DISTINCT coalesce(2 * assignment.membership_id, 2 * judgment.external_labeler_id + 1))
FROM labeling_judgment judgment
JOIN labeling_task task ON task.id = judgment.task_id
JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
WHERE task.project_id = %s AND (external.kind IS NULL OR external.kind = 'person')
AND task.purpose = 'production' AND prompt.use_case <> ''
GROUP BY prompt.use_case
"""


def labelers_of(project: Project) -> QuerySet[Membership]:
    """Who may judge now."""
    return Membership.objects.filter(
        project=project, status=Membership.Status.ACTIVE, role__in=ALLOWED[Capability.LABEL]
    )


def languages_of(project: Project) -> Languages:
    skills = labelers_of(project).values_list("skills", flat=True)
    known = [{skill.removeprefix(_LANGUAGE) for skill in one if skill.startswith(_LANGUAGE)} for one in skills]
    return languages(_prompts_by(project, "language"), known)


def use_cases_of(project: Project) -> UseCases:
    """Of prompts that have a use case."""
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, [project.pk])
        judged: dict[str, Any] = {name: (prompts, labelers) for name, prompts, labelers in cursor.fetchall()}
    prompts = _prompts_by(project, "use_case")
    return use_cases([UseCase(name, count, *judged.get(name, (0, 0))) for name, count in prompts.items() if name])


def _prompts_by(project: Project, column: str) -> dict[str, int]:
    rows = Prompt.objects.filter(project=project).order_by().values_list(column).annotate(count=Count("pk"))
    return dict(rows)
