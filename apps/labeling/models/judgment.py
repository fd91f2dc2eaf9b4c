"""Judgments: what was said about a task. Frozen."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.ids import ordered_uid
from apps.projects.models import Cohort, ExternalLabeler, GuidelineVersion, JudgmentSchema
from apps.prompts.models import Completion

from .assignment import Assignment
from .task import Task


class Judgment(models.Model):
    """What one labeler said about one task. Frozen: a correction is a new row that supersedes.

    `cohort` is copied when it is submitted. The current judgment of a chain is the one that nothing supersedes.
    """

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="judgments")
    # The unique constraints below are indexes of both; where there is none, an entry would only cost writes.
    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, null=True, related_name="judgments", db_index=False
    )
    external_labeler = models.ForeignKey(
        ExternalLabeler, on_delete=models.PROTECT, null=True, related_name="judgments", db_index=False
    )
    schema = models.ForeignKey(JudgmentSchema, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    guideline = models.ForeignKey(
        GuidelineVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    cohort = models.CharField(max_length=8, choices=Cohort)
    note = models.TextField(blank=True)
    prompt_flags = models.JSONField(default=dict)
    use_case = models.CharField(max_length=60, blank=True)
    surplus = models.BooleanField(default=False, help_text="Kept, though the task had its judgments already.")
    rendering = models.CharField(max_length=8, default="rendered")
    proposal = models.BooleanField(default=False, help_text="The ladder was begun from the ratings' proposal.")
    active_seconds = models.PositiveIntegerField(null=True)
    content_sha256 = models.CharField(max_length=64)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    submitted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment__isnull=False, external_labeler=None)
                | Q(assignment=None, external_labeler__isnull=False),
                name="judgment_of_member_or_external",
            ),
            models.UniqueConstraint(
                fields=["assignment", "supersedes"],
                condition=Q(assignment__isnull=False),
                nulls_distinct=False,
                name="judgment_one_chain_an_assignment",
            ),
            models.UniqueConstraint(
                fields=["task", "external_labeler"],
                condition=Q(supersedes=None, external_labeler__isnull=False),
                name="judgment_one_chain_an_external",
            ),
            models.CheckConstraint(condition=Q(cohort__in=["training", "held-out"]), name="judgment_cohort_known"),
            models.CheckConstraint(condition=Q(rendering__in=["rendered", "raw"]), name="judgment_rendering_known"),
        ]
        indexes = [
            # What an external labeler said: a project's imported rankings, no small part, but none of its own.
            models.Index(
                "external_labeler", condition=Q(external_labeler__isnull=False), name="judgment_by_external_labeler"
            ),
        ]

    def __str__(self) -> str:
        return f"judgment {self.uid}"


class Ranking(models.Model):
    """Tiers aligned with the task's candidate positions: dense, 1 best, equal = tie."""

    judgment = models.OneToOneField(Judgment, on_delete=models.PROTECT, primary_key=True, related_name="ranking")
    tiers = ArrayField(models.SmallIntegerField())

    def __str__(self) -> str:
        return "".join(map(str, self.tiers))


class Ratings(models.Model):
    """One object per candidate position, {} where nothing was said; checked against the schema."""

    judgment = models.OneToOneField(Judgment, on_delete=models.PROTECT, primary_key=True, related_name="ratings")
    values = models.JSONField()

    class Meta:
        verbose_name_plural = "ratings"

    def __str__(self) -> str:
        return f"ratings of {self.judgment_id}"


class Demonstration(models.Model):
    """A completion that a labeler wrote."""

    judgment = models.OneToOneField(Judgment, on_delete=models.PROTECT, primary_key=True, related_name="demonstration")
    completion = models.OneToOneField(Completion, on_delete=models.PROTECT, related_name="demonstration")
    pasted_share = models.FloatField(
        null=True, help_text="Pasted characters as a share of the text, 0 to 1; null where the browser did not tell."
    )
    similarity = models.FloatField(null=True, help_text="To the text it is nearest to, 0 to 1 (domain.similarity).")
    nearest = models.ForeignKey(Completion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pasted_share=None) | Q(pasted_share__range=(0, 1)), name="demonstration_pasted_within_0_1"
            ),
            models.CheckConstraint(
                condition=Q(similarity=None, nearest=None) | Q(similarity__range=(0, 1), similarity__isnull=False),
                name="demonstration_similarity_within_0_1",
            ),
        ]

    def __str__(self) -> str:
        return f"demonstration of {self.judgment_id}"
