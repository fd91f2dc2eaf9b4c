"""Immutable exports: what is in each, under which rule, and its files by content."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.adjudication.models import Resolution
from apps.core.ids import ordered_uid
from apps.labeling.models import Judgment, Task
from apps.projects.models import Project
from apps.prompts.models import Prompt


class Purpose(models.TextChoices):
    """A training snapshot holds no held-out labeler's judgment: the database sees to it."""

    TRAINING = "training", _("Training")
    EVALUATION = "evaluation", _("Evaluation")


class DatasetSnapshot(models.Model):
    """An exported set, named by its content: `sha256` is that of its records file. Frozen once ready.

    While it is being built, the builder holds the row's lock; `claim_token` says whose build counts.
    """

    class Kind(models.TextChoices):
        RANKINGS = "rankings", _("Rankings")
        DEMONSTRATIONS = "demonstrations", _("Demonstrations")
        PROMPTS = "prompts", _("Prompts")
        RATINGS = "ratings", _("Ratings")

    class State(models.TextChoices):
        BUILDING = "building"
        READY = "ready"
        FAILED = "failed"

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="snapshots")
    kind = models.CharField(max_length=14, choices=Kind)
    purpose = models.CharField(max_length=10, choices=Purpose)
    filter = models.JSONField(default=dict)
    licence = models.CharField(max_length=60, blank=True, help_text="For the card, as the Hugging Face Hub names it.")
    record_version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State, default=State.BUILDING)
    sha256 = models.CharField(max_length=64, blank=True)
    rows = models.PositiveBigIntegerField(null=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    claim_token = models.UUIDField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["rankings", "demonstrations", "prompts", "ratings"]),
                name="snapshot_kind_known",
            ),
            models.CheckConstraint(condition=Q(purpose__in=["training", "evaluation"]), name="snapshot_purpose_known"),
            models.CheckConstraint(condition=Q(state__in=["building", "ready", "failed"]), name="snapshot_state_known"),
            models.CheckConstraint(
                condition=~Q(state="ready") | (Q(rows__isnull=False, rows__gte=1) & ~Q(sha256="")),
                name="snapshot_ready_has_hash_and_rows",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(error=""), name="snapshot_failed_says_why"),
        ]
        indexes = [
            # The requeue: what still waits.
            models.Index("heartbeat_at", condition=Q(state="building"), name="snapshot_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} snapshot {self.uid} ({self.state})"


class SnapshotItem(models.Model):
    """That a judgment, or a prompt, is line `line` of a snapshot's records file.

    A million of them are made with a snapshot, so there are no foreign keys to check row by row: a trigger looks at
    all that one statement adds (migration 0003). It lets no held-out labeler's judgment into a training snapshot.
    """

    pk = models.CompositePrimaryKey("snapshot", "line")
    snapshot = models.ForeignKey(
        DatasetSnapshot, on_delete=models.PROTECT, related_name="items", db_index=False, db_constraint=False
    )
    line = models.PositiveBigIntegerField()
    # The unique constraints below lead with judgment and prompt: that is how lineage finds their snapshots.
    judgment = models.ForeignKey(
        Judgment, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    prompt = models.ForeignKey(
        Prompt, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(judgment__isnull=False, prompt=None) | Q(judgment=None, prompt__isnull=False),
                name="item_judgment_or_prompt",
            ),
            models.UniqueConstraint(
                fields=["judgment", "snapshot"], condition=Q(judgment__isnull=False), name="item_judgment_once"
            ),
            models.UniqueConstraint(
                fields=["prompt", "snapshot"], condition=Q(prompt__isnull=False), name="item_prompt_once"
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of {self.snapshot_id}"


class SnapshotConsensus(models.Model):
    """Line `line` of a snapshot whose lines are no single judgments: one ranking of a task, and what it was made of.

    Like items these come by the hundred thousand, so a trigger looks at all that one statement adds (migration 0004).
    """

    pk = models.CompositePrimaryKey("snapshot", "line")
    snapshot = models.ForeignKey(
        DatasetSnapshot, on_delete=models.PROTECT, related_name="consensus", db_index=False, db_constraint=False
    )
    line = models.PositiveBigIntegerField()
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    uid = models.UUIDField(help_text="Of the record: its task's; a raw judgment's own.")
    method = models.CharField(max_length=11)
    tiers = ArrayField(models.SmallIntegerField())
    agreement = models.FloatField(null=True, help_text="Among the judgments it was made of.")
    reliability = models.FloatField(null=True, help_text="The mean probability that a pair's order is right.")
    resolution = models.ForeignKey(
        Resolution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name_plural = "snapshot consensus"
        constraints = [
            models.CheckConstraint(
                condition=Q(method="adjudicated", resolution__isnull=False)
                | Q(method__in=["aggregated", "raw"], resolution=None),
                name="consensus_method_known",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of {self.snapshot_id}, {self.method}"


class SnapshotPart(models.Model):
    """That a judgment is part of line `line`: what lineage finds it by. No held-out one in a training snapshot."""

    pk = models.CompositePrimaryKey("judgment", "snapshot")
    judgment = models.ForeignKey(
        Judgment, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    snapshot = models.ForeignKey(
        DatasetSnapshot, on_delete=models.PROTECT, related_name="parts", db_index=False, db_constraint=False
    )
    line = models.PositiveBigIntegerField()
    weight = models.FloatField(null=True, help_text="The reliability found of its labeler, 1 being the average.")

    class Meta:
        indexes = [models.Index("snapshot", "line", name="part_of_line")]

    def __str__(self) -> str:
        return f"judgment {self.judgment_id} in line {self.line} of {self.snapshot_id}"


class SnapshotFile(models.Model):
    """A file of a ready snapshot, in the artifact store under its hash."""

    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, related_name="files", db_index=False)
    name = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "name"], name="snapshot_file_name_unique")]

    def __str__(self) -> str:
        return self.name


class WantedFile(models.Model):
    """A file of a large snapshot that somebody asked for. The worker that makes it holds the row's lock, then deletes
    it; `error` says why it could not be made."""

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.CASCADE, related_name="wanted_files", db_index=False)
    name = models.CharField(max_length=60)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "name"], name="wanted_file_once")]

    def __str__(self) -> str:
        return self.name
