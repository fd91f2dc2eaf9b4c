"""Imports: the row of each, and what was wrong with which line."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.ids import ordered_uid
from apps.projects.models import Project

from .screening_models import PersonalFinding, PrefixesRead, PrefixMark, UseCaseTally

__all__ = ["Import", "ImportProblem", "KnownLine", "PersonalFinding", "PrefixMark", "PrefixesRead", "UseCaseTally"]


class Import(models.Model):
    """One file on its way in. Counters and `last_line` move in the same transaction as the batch they count.

    `stored` is the file's name under the artifact root while a worker has to read it; empty for one that is
    read as it arrives. `claim_token` says which process works on it: any other finds its writes refused.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving"
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        PARTIAL = "partial"
        FAILED = "failed"

    class Format(models.TextChoices):
        JSONL = "jsonl", "JSONL"
        CSV = "csv", "CSV"
        PARQUET = "parquet", "Parquet"
        LABEL_STUDIO = "label-studio", "Label Studio JSON"
        ARGILLA = "argilla", "Argilla records"
        HH = "hh", "HH-RLHF transcripts"
        OASST = "oasst", "OpenAssistant trees"

    class Tasks(models.TextChoices):
        OPEN = "open"
        NONE = "none"

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imports")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.RECEIVING)
    format = models.CharField(max_length=12, choices=Format)
    gzipped = models.BooleanField(default=False, help_text="Said to be gzip by a header or a suffix.")
    filename = models.CharField(max_length=200, blank=True)
    tasks = models.CharField(max_length=4, choices=Tasks, default=Tasks.OPEN)
    options = models.JSONField(default=dict, help_text="As given (domain.options).")
    screened = models.JSONField(default=dict, help_text="What the options did: lines by rule.")
    stored = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField(null=True, help_text="Bytes as sent.")

    bytes_read = models.PositiveBigIntegerField(default=0, help_text="Of `size`, up to `last_line`.")
    last_line = models.PositiveBigIntegerField(default=0, help_text="Up to here everything is in or reported.")
    lines = models.PositiveBigIntegerField(default=0)
    prompts = models.PositiveBigIntegerField(default=0)
    completions = models.PositiveBigIntegerField(default=0)
    rankings = models.PositiveBigIntegerField(default=0)
    demonstrations = models.PositiveBigIntegerField(default=0)
    tasks_created = models.PositiveBigIntegerField(default=0)
    duplicates = models.PositiveBigIntegerField(default=0)
    errors_total = models.PositiveBigIntegerField(default=0)
    error = models.TextField(blank=True, help_text="Why it is partial or failed.")

    claim_token = models.UUIDField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    running_since = models.DateTimeField(null=True, editable=False)
    lines_before = models.PositiveBigIntegerField(default=0, editable=False, help_text="Lines of earlier runs.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["receiving", "queued", "running", "done", "partial", "failed"]),
                name="import_state_known",
            ),
            models.CheckConstraint(
                condition=Q(format__in=["jsonl", "csv", "parquet", "label-studio", "argilla", "hh", "oasst"]),
                name="import_format_known",
            ),
            models.CheckConstraint(condition=Q(tasks__in=["open", "none"]), name="import_tasks_known"),
            models.CheckConstraint(
                condition=Q(state__in=["done", "partial", "failed"], finished_at__isnull=False)
                | Q(state__in=["receiving", "queued", "running"], finished_at=None),
                name="import_finished_when_over",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "receiving"]) | Q(claim_token__isnull=False),
                name="import_claimed_when_running",
            ),
        ]
        indexes = [
            # The requeue: what still waits or has gone quiet.
            models.Index(
                "heartbeat_at", condition=Q(state__in=["receiving", "queued", "running"]), name="import_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.uid} ({self.state})"


class ImportProblem(models.Model):
    """One line that was skipped, and why."""

    # The index below leads with it.
    imported = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="problems", db_index=False)
    line = models.PositiveBigIntegerField()
    field = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60)
    message = models.TextField()

    class Meta:
        # The errors of one import, in the file's order.
        indexes = [models.Index(fields=["imported", "line"], name="import_problems_in_order")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class KnownLine(models.Model):
    """A line that is fully in: it need not be looked at again. The digest is of its project, its options and its text."""

    digest = models.UUIDField(primary_key=True, editable=False)

    def __str__(self) -> str:
        return str(self.digest)
