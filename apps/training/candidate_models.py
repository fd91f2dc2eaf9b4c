"""Candidates that several models write for the same prompts, the ranking tasks made of them, and what was found wrong."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.ids import ordered_uid
from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.prompts.domain.hygiene import Fate, Kind
from apps.prompts.models import Completion
from apps.registry.models import GenerationRun

KINDS = [(one.value, one.value) for one in Kind]
FATES = [(one.value, one.value) for one in Fate]


class CandidateSet(models.Model):
    """One request: these models, this mix, these prompts. It waits for a generation run of each, then makes the tasks."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="candidate_sets")
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, related_name="candidate_sets")
    k = models.PositiveSmallIntegerField(help_text="Candidates of a task.")
    spec = models.JSONField(default=dict, help_text="Settings of generate, as they were asked.")
    rules = models.JSONField(default=dict, help_text="What becomes of a reply with a finding, by kind.")
    sha256 = models.CharField(max_length=64, help_text="Names what was asked.")
    reason = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    tasks_created = models.PositiveIntegerField(null=True)
    prompts_without_task = models.PositiveIntegerField(default=0)
    failure = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "failed", "cancelled"]), name="candidate_set_state_known"
            ),
            models.CheckConstraint(condition=Q(k__gte=2, k__lte=9), name="candidate_set_k_in_range"),
            models.CheckConstraint(
                condition=Q(state="running", finished_at=None) | ~Q(state="running") & Q(finished_at__isnull=False),
                name="candidate_set_ended_has_a_time",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(failure=""), name="candidate_set_failed_says_why"),
            models.CheckConstraint(
                condition=Q(state="done", tasks_created__isnull=False) | ~Q(state="done") & Q(tasks_created=None),
                name="candidate_set_done_counts_its_tasks",
            ),
            # A double click asks once.
            models.UniqueConstraint(
                fields=["project", "sha256"], condition=Q(state="running"), name="candidate_set_running_once"
            ),
        ]

    def __str__(self) -> str:
        return f"candidates {self.uid} ({self.state})"


class CandidateSource(models.Model):
    """One model's part of a set: the run in which it writes, and its share of each task."""

    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.PROTECT, related_name="sources", db_index=False)
    place = models.PositiveSmallIntegerField()
    run = models.ForeignKey(GenerationRun, on_delete=models.PROTECT, related_name="candidate_sources")
    share = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["candidate_set", "place"], name="candidate_source_place_once"),
            models.UniqueConstraint(fields=["candidate_set", "run"], name="candidate_source_run_once"),
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=9), name="candidate_source_share_in_range"),
        ]

    def __str__(self) -> str:
        return f"source {self.place} of {self.candidate_set_id}"


class CandidateFinding(models.Model):
    """What was found wrong with a completion when tasks were made, by a set or by a turn of the loop, and its fate."""

    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.PROTECT, null=True, related_name="findings")
    loop = models.ForeignKey("training.LoopRun", on_delete=models.PROTECT, null=True, related_name="findings")
    completion = models.ForeignKey(Completion, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=KINDS)
    fate = models.CharField(max_length=8, choices=FATES)
    words = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(candidate_set=None, loop__isnull=False) | Q(candidate_set__isnull=False, loop=None),
                name="candidate_finding_has_one_home",
            ),
            models.CheckConstraint(condition=Q(kind__in=[one.value for one in Kind]), name="candidate_finding_kind_known"),
            models.CheckConstraint(condition=Q(fate__in=[one.value for one in Fate]), name="candidate_finding_fate_known"),
            models.UniqueConstraint(
                fields=["candidate_set", "loop", "completion", "kind"], nulls_distinct=False,
                name="candidate_finding_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind}: {self.completion_id}"
