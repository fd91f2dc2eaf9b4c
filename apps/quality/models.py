"""What quality keeps of labeling."""

from django.db import models

from apps.projects.models import Membership, Project

from .domain.mark import Mark


class KeptReport(models.Model):
    """A project's last report, as the API gives it: a cache, made again whenever something new is said."""

    body = models.JSONField()
    read_to = models.BigIntegerField(help_text="Every judgment with an id up to this has been looked at.")
    above = models.BigIntegerField(help_text="How many of the project's judgments above it have been looked at too.")
    computed_at = models.DateTimeField()
    seconds = models.FloatField(help_text="How long it took.")

    class Meta:
        abstract = True

    @property
    def mark(self) -> Mark:
        return Mark(self.read_to, self.above)


class AgreementReport(KeptReport):
    """The last report on a project's agreement."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="agreement_report")

    def __str__(self) -> str:
        return f"agreement in {self.project_id}"


class BiasReport(KeptReport):
    """The last bias reports of a project."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="bias_report")

    def __str__(self) -> str:
        return f"bias in {self.project_id}"


class VolunteerQuestions(models.Model):
    """What a project asks its labelers about themselves, who need not answer: `[{"question", "answers": [...]}]`."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="volunteer_questions")
    questions = models.JSONField()

    class Meta:
        verbose_name_plural = "volunteer questions"

    def __str__(self) -> str:
        return f"volunteer questions of {self.project_id}"


class Volunteered(models.Model):
    """What a labeler told of themselves, by question. No page, file or API call shows it but their own page; who withdraws
    it takes the row away."""

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="volunteered")
    answers = models.JSONField()

    class Meta:
        verbose_name_plural = "volunteered answers"

    def __str__(self) -> str:
        return f"volunteered by {self.membership_id}"
