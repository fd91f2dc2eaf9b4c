"""What waits for those who decide about applicants."""

from django.db.models import QuerySet

from apps.projects.models import Project

from ..models import Attempt


def undecided_of(project: Project) -> QuerySet[Attempt]:
    """Handed in, and nobody has decided yet."""
    return Attempt.objects.filter(membership__project=project, submitted_at__isnull=False, decisions=None)
