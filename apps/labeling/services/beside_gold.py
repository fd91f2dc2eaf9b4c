"""Who makes gold waits for those who make or open work in the project, and they for it; work does not wait for work.

PostgreSQL takes these locks by itself as rows come in (migration 0019). Who locks other rows first takes them here, before
all others, so that nobody waits in a circle. They end with the transaction.
"""

from django.db import connection

from apps.projects.models import Project

_KEY = "hashtext('labeling.beside_gold'), (%s %% 2147483648)::integer"


def lock_for_gold(project: Project) -> None:
    _take(f"SELECT pg_advisory_xact_lock({_KEY})", project)


def lock_for_work(project: Project) -> None:
    _take(f"SELECT pg_advisory_xact_lock_shared({_KEY})", project)


def _take(statement: str, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [project.pk])
