"""What labelers say beside their judgments. What was said is frozen; what the project did about it is not."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core.ids import random_uid
from apps.labeling.models import Assignment, Task
from apps.projects.models import GuidelineVersion, Membership, Project
from apps.prompts.models import Completion, Prompt

TEXT_MAX = 2000


class Report(models.Model):
    """Something is wrong with a candidate, or with the prompt itself (`completion` null)."""

    class Category(models.TextChoices):
        HARMFUL = "harmful", _("Harmful or unsafe")
        PERSONAL_DATA = "personal_data", _("Someone's personal data")
        BROKEN = "broken", _("Broken: cut off, garbled, or empty")
        WRONG_LANGUAGE = "wrong_language", _("In the wrong language")
        DUPLICATE = "duplicate", _("The same as another")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    uid = models.UUIDField(default=random_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="reports")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reports")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="reports")
    completion = models.ForeignKey(Completion, on_delete=models.PROTECT, null=True, related_name="reports")
    # The unique constraint below leads with it.
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="reports", db_index=False)
    category = models.CharField(max_length=14, choices=Category)
    text = models.CharField(max_length=TEXT_MAX, blank=True)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    resolution = models.CharField(max_length=TEXT_MAX, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    category__in=["harmful", "personal_data", "broken", "wrong_language", "duplicate", "other"]
                ),
                name="report_category_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at=None, resolved_by=None, resolution="")
                | Q(state="closed", resolved_at__isnull=False, resolved_by__isnull=False),
                name="report_closed_when_resolved",
            ),
            models.CheckConstraint(condition=~Q(category="other", text=""), name="report_other_says_what"),
            # A repeated click is the same report.
            models.UniqueConstraint(
                fields=["member", "prompt", "completion", "category"], nulls_distinct=False, name="report_once"
            ),
        ]
        indexes = [
            # The manager's list: what waits, oldest first.
            models.Index("project", "id", condition=Q(state="open"), name="report_waiting"),
        ]

    def __str__(self) -> str:
        return f"report {self.uid} ({self.category}, {self.state})"


class Question(models.Model):
    """A labeler asks the project about a task, or about a rule of its guideline; the project answers and may amend.

    `rule` names a heading of `guideline`, or nothing for all of it. The project may show an answer beside the rule to
    everybody: then `shown_question` holds the question as they read it. Who asked is told to managers alone.
    """

    uid = models.UUIDField(default=random_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="questions")
    # The unique constraint below leads with it.
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="questions", db_index=False)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="questions")
    body = models.CharField(max_length=TEXT_MAX)
    guideline = models.ForeignKey(
        GuidelineVersion, on_delete=models.PROTECT, null=True, related_name="questions", db_index=False
    )
    rule = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, editable=False)
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    answer = models.CharField(max_length=TEXT_MAX, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True, help_text="When the labeler saw the answer as it is now.")
    shown_question = models.CharField(
        max_length=TEXT_MAX,
        blank=True,
        help_text="The question as everybody reads it beside the rule; empty: not shown.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(body=""), name="question_says_something"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None, answered_by=None)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="question_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(answered_at__isnull=False), name="question_read_once_answered"
            ),
            models.CheckConstraint(
                condition=Q(rule="") | Q(guideline__isnull=False), name="question_rule_of_a_guideline"
            ),
            models.CheckConstraint(
                condition=Q(shown_question="") | Q(guideline__isnull=False, answered_at__isnull=False),
                name="question_shown_once_answered",
            ),
            # A repeated click is the same question.
            models.UniqueConstraint(fields=["assignment", "sha256"], name="question_once"),
        ]
        indexes = [
            # The manager's list: what waits, oldest first.
            models.Index("project", "id", condition=Q(answered_at=None), name="question_waiting"),
            # The count in a labeler's navigation.
            models.Index("member", condition=Q(answered_at__isnull=False, read_at=None), name="question_unread"),
            # Beside the rules of a guideline.
            models.Index("project", condition=~Q(shown_question=""), name="question_shown"),
        ]

    def __str__(self) -> str:
        return f"question {self.uid}"
