"""Exams, the attempts of those who would label, and what people decided about them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core.ids import ordered_uid, random_uid
from apps.projects.models import Cohort, Membership, Project

REASON_MAX = 2000


class Exam(models.Model):
    """A version of a project's exam. The draft may change; what is published is frozen (`domain.exam` says what a body is)."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="exams", db_index=False)
    number = models.PositiveIntegerField()
    body = models.JSONField()
    sha256 = models.CharField(max_length=64, editable=False)
    author = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="exam_number_unique"),
            models.UniqueConstraint(fields=["project"], condition=Q(published_at=None), name="exam_one_draft"),
            models.CheckConstraint(condition=Q(number__gte=1), name="exam_number_from_1"),
        ]

    def __str__(self) -> str:
        return f"exam {self.number}"


class Attempt(models.Model):
    """One candidate at one version of the exam: practice, then the exam, then a decision."""

    uid = models.UUIDField(default=random_uid, unique=True, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    exam = models.ForeignKey(Exam, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    practice_passed_at = models.DateTimeField(null=True, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["membership", "number"], name="attempt_number_unique"),
            models.UniqueConstraint(fields=["membership"], condition=Q(submitted_at=None), name="attempt_one_open"),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | Q(practice_passed_at__isnull=False), name="attempt_practice_first"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.uid}"


class PracticeAnswer(models.Model):
    """One try at a practice item, frozen; a retry is another row."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="tries")
    item = models.CharField(max_length=40)
    body = models.JSONField()
    right = models.BooleanField()
    answered_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"try at {self.item}"


class ExamAnswer(models.Model):
    """What a candidate says of one item; it may change until the attempt is submitted (trigger)."""

    uid = models.UUIDField(default=random_uid, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="answers", db_index=False)
    item = models.CharField(max_length=40)
    body = models.JSONField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item"], name="exam_answer_once")]

    def __str__(self) -> str:
        return f"answer to {self.item}"


class Grade(models.Model):
    """One grader's 1 to 7 for a demonstration, given without knowing whose it is."""

    answer = models.ForeignKey(ExamAnswer, on_delete=models.PROTECT, related_name="grades", db_index=False)
    grader = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField()
    graded_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["answer", "grader"], name="grade_once_a_grader"),
            models.CheckConstraint(condition=Q(value__range=(1, 7)), name="grade_from_1_to_7"),
        ]

    def __str__(self) -> str:
        return f"grade {self.value}"


class Decision(models.Model):
    """What a person decided about an attempt, and why; frozen. The one with the highest number stands."""

    class Outcome(models.TextChoices):
        ACCEPT_TRAINING = "accept_training", _("Accept: training cohort")
        ACCEPT_HELD_OUT = "accept_held_out", _("Accept: held-out cohort")
        REJECT = "reject", _("Reject")
        ASK_AGAIN = "ask_again", _("Ask to sit the exam again")

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    number = models.PositiveSmallIntegerField()
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=16, choices=Outcome)
    reason = models.CharField(max_length=REASON_MAX)
    skills = models.JSONField(default=list)
    scores = models.JSONField(help_text="As they were when this was decided.")
    decided_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "number"], name="decision_number_unique"),
            models.CheckConstraint(condition=~Q(reason=""), name="decision_has_a_reason"),
            models.CheckConstraint(
                condition=Q(outcome__in=["accept_training", "accept_held_out", "reject", "ask_again"]),
                name="decision_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        return f"decision {self.uid} ({self.outcome})"


COHORTS = {Decision.Outcome.ACCEPT_TRAINING: Cohort.TRAINING, Decision.Outcome.ACCEPT_HELD_OUT: Cohort.HELD_OUT}
