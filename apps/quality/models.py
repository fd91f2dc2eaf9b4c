"""What quality keeps of labeling."""

from django.db import models

from apps.projects.models import Project


class AgreementReport(models.Model):
    """The last report on a project's agreement, as the API gives it: a cache, made again whenever something new is said."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="agreement_report")
    body = models.JSONField()
    read_to = models.BigIntegerField(help_text="Every judgment with an id up to this has been looked at.")
    above = models.BigIntegerField(help_text="How many of the project's judgments above it have been looked at too.")
    computed_at = models.DateTimeField()
    seconds = models.FloatField(help_text="How long it took.")

    def __str__(self) -> str:
        return f"agreement in {self.project_id}"
