"""Reads of the trail."""

from django.db.models import QuerySet

from .models import AuditEntry


def entries_of(project_pk: int) -> QuerySet[AuditEntry]:
    """What was done in one project, newest first."""
    return AuditEntry.objects.filter(project_pk=project_pk).select_related("actor").order_by("-id")
