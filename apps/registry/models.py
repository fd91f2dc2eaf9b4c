"""Models by name and version, and the runs in which they wrote.

It sits low in the app order because a completion names the model that wrote it.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.ids import ordered_uid
from apps.projects.models import Project

from .domain.licence import UNKNOWN
from .run import Run

# Versions that something can be trained from.
HAS_WEIGHTS = ~Q(artifact_uri__startswith="endpoint:")


class ModelVersion(models.Model):
    """A registry entry. `project` is null for a base model that projects share.

    registered -> ready or refused (`problem` says why), once its files are read; ready <-> retired. What names it and
    what made it never changes; what its files are (`artifact_sha256`, `facts`) is settled when it is no longer
    registered. The licence may be learned later.
    """

    class Role(models.TextChoices):
        BASE = "base"
        SFT = "sft"
        REWARD = "reward"
        POLICY = "policy"

    class State(models.TextChoices):
        REGISTERED = "registered"
        READY = "ready"
        REFUSED = "refused"
        RETIRED = "retired"

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="model_versions")
    name = models.CharField(max_length=120)
    number = models.PositiveIntegerField(default=1)
    role = models.CharField(max_length=6, choices=Role)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    artifact_uri = models.CharField(max_length=500, blank=True)
    artifact_sha256 = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=dict)
    facts = models.JSONField(
        default=dict, help_text="What its files say: architecture, sizes, hash of the chat template, hashes of files."
    )
    licence = models.CharField(max_length=120, default=UNKNOWN)
    problem = models.TextField(blank=True, help_text="Why its files were refused.")
    state = models.CharField(max_length=10, choices=State, default=State.REGISTERED)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name", "number"], nulls_distinct=False, name="model_version_number_unique"
            ),
            models.CheckConstraint(condition=Q(role__in=["base", "sft", "reward", "policy"]), name="model_role_known"),
            models.CheckConstraint(condition=~Q(state="ready") | ~Q(artifact_uri=""), name="model_ready_has_artifact"),
            models.CheckConstraint(
                condition=Q(state__in=["registered", "ready", "refused", "retired"]), name="model_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(problem="") | ~Q(state="refused") & Q(problem=""),
                name="model_refused_says_why",
            ),
            models.CheckConstraint(condition=~Q(licence=""), name="model_has_a_licence"),
            # A server's model writes; nothing can be trained from what is not here.
            models.CheckConstraint(
                condition=HAS_WEIGHTS | Q(role__in=["base", "policy"]),
                name="model_of_an_endpoint_writes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @property
    def is_asked(self) -> bool:
        """Whether a server holds it (`endpoint:<name>/<model id>`): then it writes, and nothing is trained from it."""
        return self.artifact_uri.startswith("endpoint:")


class GenerationRun(Run):
    """One run in which a model wrote completions to prompts. `sampling` is what each of them remembers."""

    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="generation_runs")
    sampling = models.JSONField(default=dict, help_text="Temperature, top-p, seed, system prompt.")

    class Meta(Run.Meta):
        constraints = [
            *Run.Meta.constraints,
            # A double click launches once: the spec's hash covers the inputs too.
            models.UniqueConstraint(
                fields=["project", "spec_sha256"],
                condition=Q(state__in=["queued", "running"]),
                name="generation_unfinished_once",
            ),
        ]
        indexes = [
            # The requeue and the reaper: what waits or runs.
            models.Index("heartbeat_at", condition=Q(state__in=["queued", "running"]), name="generation_unfinished"),
        ]

    def __str__(self) -> str:
        return f"generation {self.uid}"
