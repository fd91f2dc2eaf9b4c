"""Whose replies people ranked higher, as it was last counted."""

from django.db import models

from apps.projects.models import Project
from apps.quality.models import KeptReport


class PreferenceReport(KeptReport):
    """The last count of a project's rankings by the models whose replies they rank. `body` says of each two models how
    often replies were above, tied and below, and of how many prompts that was said."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="preference_report")

    def __str__(self) -> str:
        return f"preferences in {self.project_id}"
