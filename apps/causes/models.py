"""What is kept of why labelers disagree."""

from django.db import models

from apps.projects.models import Project


class DisagreementReport(models.Model):
    """The last report on why a project's labelers disagree, as the API gives it: a cache, made again when something is said."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="disagreement_report")
    body = models.JSONField()
    read_to = models.BigIntegerField(help_text="Every judgment with an id up to this has been looked at.")
    above = models.BigIntegerField(help_text="How many of the project's judgments above it have been looked at too.")
    computed_at = models.DateTimeField()
    seconds = models.FloatField(help_text="How long it took.")

    def __str__(self) -> str:
        return f"disagreement in {self.project_id}"
