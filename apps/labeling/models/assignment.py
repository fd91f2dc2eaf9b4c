"""Assignments: who works on a task, and what their hands did meanwhile."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.ids import random_uid
from apps.projects.models import GuidelineVersion, JudgmentSchema, Membership

from .task import Task


class Assignment(models.Model):
    """One labeler's lease on one task, and the draft on their desk."""

    class State(models.TextChoices):
        RESERVED = "reserved"
        LEASED = "leased"
        SUBMITTED = "submitted"
        SKIPPED = "skipped"
        RELEASED = "released"
        EXPIRED = "expired"
        # They saw what others said of the task, or met its prompt as gold, so it is never theirs to judge. Nothing leads
        # out of this state.
        BARRED = "barred"

    class SkipCode(models.TextChoices):
        """Why a labeler could not judge: the first and `broken` speak of the prompt, the others of a person."""

        UNCLEAR = "unclear"
        KNOWLEDGE = "knowledge"
        LANGUAGE = "language"
        CONTENT = "content"
        BROKEN = "broken"
        OTHER = "other"

    uid = models.UUIDField(default=random_uid, unique=True, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments")
    # The unique constraint below leads with membership, so a second index would only cost writes.
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    guideline = models.ForeignKey(
        GuidelineVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    schema = models.ForeignKey(JudgmentSchema, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=9, choices=State, default=State.LEASED)
    display_order = ArrayField(models.SmallIntegerField(), default=list)
    lease_expires_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(db_default=Now(), help_text="The last sign of life.")
    active_seconds = models.PositiveIntegerField(default=0)
    draft = models.JSONField(null=True)
    draft_revision = models.PositiveIntegerField(default=0)
    draft_saved_at = models.DateTimeField(null=True)
    skip_code = models.CharField(max_length=9, choices=SkipCode, blank=True)
    skip_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "task"], name="assignment_once_a_task"),
            models.UniqueConstraint(
                fields=["membership"], condition=Q(state="leased"), name="assignment_one_lease_a_labeler"
            ),
            models.UniqueConstraint(
                fields=["membership"], condition=Q(state="reserved"), name="assignment_one_reservation_a_labeler"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["leased", "reserved"], lease_expires_at__isnull=False)
                | Q(state__in=["submitted", "skipped", "released", "expired", "barred"], lease_expires_at=None),
                name="assignment_expiry_while_held",
            ),
            models.CheckConstraint(
                condition=Q(skip_code="")
                | Q(state="skipped", skip_code__in=["unclear", "knowledge", "language", "content", "broken", "other"]),
                name="assignment_skip_code_known",
            ),
        ]
        indexes = [
            # The reaper: leases that ran out.
            models.Index(
                "lease_expires_at", condition=Q(state__in=["leased", "reserved"]), name="assignment_running_out"
            ),
            # The claim: one's own expired work with a draft on it.
            models.Index("membership", condition=Q(state="expired", draft__isnull=False), name="assignment_own_drafts"),
            # What the project's managers see of skips: a small part of all there is.
            models.Index("task", condition=Q(state="skipped"), name="assignment_skipped"),
            # The labeler's day, pace and stretches: what they did lately (seen_at stays at the submit).
            models.Index("membership", "seen_at", include=["state", "active_seconds"], name="assignment_days"),
        ]

    def __str__(self) -> str:
        return f"assignment {self.uid} ({self.state})"


class ActivityBatch(models.Model):
    """What a labeler's hands did while they worked on one assignment, as their browser told it. Kept as sent.

    `events` are `[milliseconds before this batch was sent, kind]` or with a third, numeric part, oldest first: ages
    rather than times, so that a wrong clock does no harm. `page` names one opening of the room; with `number` it
    makes a repeated delivery harmless. `domain.activity` makes seconds of them.
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="activity")
    page = models.CharField(max_length=32)
    number = models.PositiveIntegerField()
    events = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "activity batches"
        constraints = [
            models.UniqueConstraint(fields=["assignment", "page", "number"], name="activity_batch_once"),
        ]

    def __str__(self) -> str:
        return f"activity {self.page}/{self.number}"
