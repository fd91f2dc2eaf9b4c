"""What is kept of why labelers disagree."""

from django.db import models

from apps.projects.models import Project
from apps.quality.models import KeptReport


class DisagreementReport(KeptReport):
    """The last report on why a project's labelers disagree."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="disagreement_report")

    def __str__(self) -> str:
        return f"disagreement in {self.project_id}"
