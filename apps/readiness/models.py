"""What is kept of whether one can train."""

from django.db import models

from apps.projects.models import Project
from apps.quality.models import KeptReport


class ReadinessReport(KeptReport):
    """The facts that were last counted in a project."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="readiness_report")

    def __str__(self) -> str:
        return f"readiness of {self.project_id}"
