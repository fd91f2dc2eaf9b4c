"""A worker's job as a row: what every run has in common, whatever its program does."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.core.ids import ordered_uid
from apps.projects.models import Project


class RunState(models.TextChoices):
    """queued -> running -> done, failed or cancelled; running -> queued where it was interrupted and goes on."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FailureKind(models.TextChoices):
    SPEC = "spec", "the spec was refused"
    DATA = "data", "the data do not allow it"
    DIVERGED = "diverged", "a loss was not a number"
    MEMORY = "memory", "out of memory"
    DISK = "disk", "the disk is full"
    KILLED = "killed", "the program was killed"
    WORKER_LOST = "worker-lost", "its workers died"
    ERROR = "error", "the program failed"


class Run(models.Model):
    """The row is the truth, the message a doorbell: whoever holds `claim_token` runs it, and says so by heartbeats.

    `spec` holds every setting, defaults included. `attempt` counts the claims; `notice` says what interrupted the last one.
    """

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="%(class)ss")
    state = models.CharField(max_length=9, choices=RunState, default=RunState.QUEUED)
    spec = models.JSONField()
    spec_sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was started.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    code_version = models.CharField(max_length=40, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    claim_token = models.UUIDField(null=True, editable=False)
    worker = models.CharField(max_length=200, blank=True)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    cancel_requested_at = models.DateTimeField(null=True, editable=False)
    step = models.PositiveBigIntegerField(default=0)
    steps_total = models.PositiveBigIntegerField(null=True)
    log_tail = models.TextField(blank=True)
    notice = models.TextField(blank=True)
    failure_kind = models.CharField(max_length=11, choices=FailureKind, blank=True)
    failure = models.TextField(blank=True)
    report = models.JSONField(default=dict, help_text="What the program found: the manifest's report.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "failed", "cancelled"]),
                name="%(class)s_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="running", claim_token__isnull=False, heartbeat_at__isnull=False)
                | (~Q(state="running") & Q(claim_token=None)),
                name="%(class)s_running_has_a_claim",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") & ~Q(failure="") & ~Q(failure_kind="")
                | ~Q(state="failed") & Q(failure="", failure_kind=""),
                name="%(class)s_failed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False)
                | Q(state__in=["queued", "running"], finished_at=None),
                name="%(class)s_ended_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(steps_total=None) | Q(step__lte=F("steps_total")), name="%(class)s_step_within_total"
            ),
        ]

    @property
    def is_over(self) -> bool:
        return self.state not in (RunState.QUEUED, RunState.RUNNING)
