"""Prompts and the completions people and models wrote to them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.ids import ordered_uid
from apps.projects.models import Membership, Project
from apps.registry.models import GenerationRun, ModelVersion


class Split(models.TextChoices):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Prompt(models.Model):
    """The conversation so far; it ends with a user message.

    `messages` is canonical JSON text, kept byte for byte: cheap to hash and to export. `split` follows
    from the project's seed and the source key (else the text) and is fixed at insert.
    """

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    # The unique constraint below leads with project, so a second index would only cost writes.
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="prompts", db_index=False)
    messages = models.TextField()
    context = models.TextField(null=True, blank=True, help_text="Sources a closed-domain answer must rest on.")
    use_case = models.CharField(max_length=60, blank=True)
    sensitive = models.BooleanField(default=False)
    language = models.CharField(max_length=20, blank=True)
    source = models.JSONField(null=True, help_text="As given by whoever brought the prompt.")
    metadata = models.JSONField(default=dict)
    source_key = models.CharField(max_length=64, blank=True, help_text="Hash of the end user or organisation.")
    split = models.CharField(max_length=10, choices=Split)
    content_sha256 = models.CharField(max_length=64)
    external_ids = ArrayField(
        models.CharField(max_length=200), default=list, help_text="Several lines may carry one text."
    )
    author = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="prompts", db_index=False,
        help_text="The labeler who wrote it (InstructGPT, A.1); null when it was imported.",
    )  # fmt: skip
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "content_sha256"], name="prompt_content_unique"),
            models.CheckConstraint(condition=Q(split__in=["train", "validation", "test"]), name="prompt_split_known"),
            models.CheckConstraint(condition=~Q(messages=""), name="prompt_has_messages"),
        ]
        # Hardly any prompt was written by a member, so the others need not stand in its index.
        indexes = [models.Index("author", condition=Q(author__isnull=False), name="prompt_author")]

    def __str__(self) -> str:
        return f"prompt {self.uid}"


class Completion(models.Model):
    """One reply text to a prompt, by a model version, a member, or someone outside (imported).

    An imported model's name is a label, not a ModelVersion.
    """

    class Origin(models.TextChoices):
        MODEL = "model"
        MEMBER = "member"
        EXTERNAL = "external"

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="completions")
    body = models.TextField(blank=True, help_text="May be empty: models do write nothing.")
    body_sha256 = models.CharField(max_length=64)
    origin = models.CharField(max_length=8, choices=Origin)
    # Each of these three is null in most rows: the indexes below leave those out.
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="completions", db_index=False
    )
    generation_run = models.ForeignKey(
        GenerationRun, on_delete=models.PROTECT, null=True, related_name="completions", db_index=False
    )
    sample_index = models.PositiveSmallIntegerField(null=True)
    sampling = models.JSONField(null=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    member = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="completions", db_index=False
    )
    source_name = models.CharField(max_length=200, null=True, help_text="An imported completion's model, as labelled.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(origin="model", model_version__isnull=False, member=None, source_name=None)
                | Q(origin="member", member__isnull=False, model_version=None, generation_run=None, source_name=None)
                | Q(origin="external", model_version=None, generation_run=None, member=None),
                name="completion_origin_matches_key",
            ),
            models.UniqueConstraint(
                fields=["generation_run", "prompt", "sample_index"],
                condition=Q(origin="model"),
                name="completion_sample_unique",
            ),
            models.UniqueConstraint(
                fields=["prompt", "source_name", "body_sha256"],
                condition=Q(origin="external"),
                nulls_distinct=False,
                name="completion_external_unique",
            ),
        ]
        indexes = [
            models.Index("model_version", condition=Q(model_version__isnull=False), name="completion_model_version"),
            models.Index("generation_run", condition=Q(generation_run__isnull=False), name="completion_generation_run"),
            models.Index("member", condition=Q(member__isnull=False), name="completion_member"),
        ]

    def __str__(self) -> str:
        return f"completion {self.uid}"
