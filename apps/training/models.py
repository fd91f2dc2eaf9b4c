"""Training runs, their metrics, what a generation run reads, the loop that chains them, and when it starts by itself."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.ids import ordered_uid
from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.registry.models import GenerationRun, ModelVersion
from apps.registry.run import Run

from .candidate_models import CandidateFinding, CandidateSet, CandidateSource
from .preference_models import PreferenceReport

__all__ = [
    "CandidateFinding", "CandidateSet", "CandidateSource", "GenerationInput", "LoopRun", "PreferenceReport",
    "RetrainPolicy", "RunMetric", "TrainingRun",
]  # fmt: skip


class TrainingRun(Run):
    """A run that makes a model version. It points to what it read and what it made; neither points back."""

    class Kind(models.TextChoices):
        PRETRAIN = "pretrain"
        SFT = "sft"
        REWARD = "reward"
        PPO = "ppo"

    kind = models.CharField(max_length=8, choices=Kind)
    model_name = models.CharField(max_length=120, help_text="The name its model version gets.")
    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, null=True, related_name="training_runs")
    # Reward runs set their zero on these (InstructGPT C.2: demonstrations score 0 on average).
    demonstrations = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, null=True, related_name="+")
    parent_model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="training_runs")
    # What PPO climbs. An SFT run may have one, too: it only chooses the epoch that is kept (C.1).
    reward_model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="policy_runs")
    # Reward runs are compared with it on the same held-out pairs: what changed since.
    previous_model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    output_model = models.OneToOneField(ModelVersion, on_delete=models.PROTECT, null=True, related_name="made_by")

    class Meta(Run.Meta):
        constraints = [
            *Run.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind="pretrain", snapshot=None, parent_model=None, reward_model=None)
                | Q(kind="reward", snapshot__isnull=False, parent_model__isnull=False, reward_model=None)
                | Q(kind="sft", snapshot__isnull=False, parent_model__isnull=False)
                | Q(kind="ppo", snapshot__isnull=False, parent_model__isnull=False, reward_model__isnull=False),
                name="training_inputs_fit_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="reward") | Q(demonstrations=None), name="training_zero_is_rewards"
            ),
            models.CheckConstraint(
                condition=Q(kind="reward") | Q(previous_model=None), name="training_previous_is_rewards"
            ),
            models.CheckConstraint(
                condition=Q(state="done", output_model__isnull=False) | ~Q(state="done") & Q(output_model=None),
                name="training_done_has_a_model",
            ),
            # A double click launches once: the spec's hash covers the inputs too.
            models.UniqueConstraint(
                fields=["project", "spec_sha256"],
                condition=Q(state__in=["queued", "running"]),
                name="training_unfinished_once",
            ),
        ]
        indexes = [
            # The requeue and the reaper: what waits or runs.
            models.Index("heartbeat_at", condition=Q(state__in=["queued", "running"]), name="training_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} run {self.uid} ({self.state})"


class RunMetric(models.Model):
    """One number of one step. Unique, so reading metrics.jsonl again is harmless."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="metrics", db_index=False)
    name = models.CharField(max_length=60)
    step = models.PositiveBigIntegerField()
    value = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name", "step"], name="metric_once")]

    def __str__(self) -> str:
        return f"{self.name} at {self.step}"


class GenerationInput(models.Model):
    """The prompts of a generation run: the registry lies below the datasets, so the run cannot point to them itself."""

    run = models.OneToOneField(GenerationRun, on_delete=models.PROTECT, related_name="input")
    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, related_name="generation_inputs")

    def __str__(self) -> str:
        return f"input of {self.run_id}"


class RetrainPolicy(models.Model):
    """When a project's loop starts by itself (never, unless `enabled`), from which base, with which settings."""

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="retrain_policy")
    base_model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    enabled = models.BooleanField(default=False)
    every_comparisons = models.PositiveIntegerField(null=True, help_text="So many new comparisons.")
    every_hours = models.PositiveIntegerField(null=True, help_text="So many hours since the last start.")
    prompts_per_loop = models.PositiveIntegerField(default=50, help_text="How many prompts get new candidates.")
    specs = models.JSONField(default=dict, help_text="Settings by program: sft, reward, ppo, generate.")
    refusal = models.TextField(blank=True, help_text="Why the last turn that was due could not start.")
    refused_at = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(enabled=False) | Q(every_comparisons__isnull=False) | Q(every_hours__isnull=False),
                name="retrain_enabled_says_when",
            ),
            models.CheckConstraint(
                condition=(Q(every_comparisons=None) | Q(every_comparisons__gte=1)) & (Q(every_hours=None) | Q(every_hours__gte=1)),
                name="retrain_intervals_positive",
            ),
            models.CheckConstraint(
                condition=Q(refusal="", refused_at=None) | (~Q(refusal="") & Q(refused_at__isnull=False)),
                name="retrain_refusal_has_a_time",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"retrain policy of {self.project_id}"


class LoopRun(models.Model):
    """One turn of the loop: snapshots, SFT, reward, PPO, candidates, tasks (`domain.loop`). Each station's row is made once."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Trigger(models.TextChoices):
        HAND = "hand"
        COMPARISONS = "comparisons"
        HOURS = "hours"

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="loop_runs")
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    trigger = models.CharField(max_length=11, choices=Trigger)
    reason = models.CharField(max_length=300)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    base_model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    specs = models.JSONField(default=dict)
    prompts_wanted = models.PositiveIntegerField()
    comparisons_seen = models.PositiveIntegerField(help_text="The project's comparisons when it started.")
    demonstrations_snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, null=True, related_name="+")
    rankings_snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, null=True, related_name="+")
    prompts_snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, null=True, related_name="+")
    # PPO learns on many prompts; only a few of them get new candidates for people to rank.
    candidates_snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, null=True, related_name="+")
    sft_run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, null=True, related_name="+")
    reward_run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, null=True, related_name="+")
    ppo_run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, null=True, related_name="+")
    sft_generation = models.ForeignKey(GenerationRun, on_delete=models.PROTECT, null=True, related_name="+")
    policy_generation = models.ForeignKey(GenerationRun, on_delete=models.PROTECT, null=True, related_name="+")
    tasks_created = models.PositiveIntegerField(null=True)
    prompts_without_task = models.PositiveIntegerField(
        default=0, help_text="Prompts to which the models wrote fewer than two distinct replies."
    )
    failure = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "failed", "cancelled"]), name="loop_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="running", finished_at=None) | ~Q(state="running") & Q(finished_at__isnull=False),
                name="loop_ended_has_a_time",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(failure=""), name="loop_failed_says_why"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(tasks_created__isnull=False), name="loop_done_counts_its_tasks"
            ),
            models.UniqueConstraint(fields=["project"], condition=Q(state="running"), name="loop_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"loop {self.uid} ({self.state})"
