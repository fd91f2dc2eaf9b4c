"""The heart: tasks, the leases on them, and what labelers said.

The invariants live in the database (constraints here, triggers and composite keys in the migrations);
the services only make them pleasant.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from apps.core.ids import ordered_uid, random_uid
from apps.projects.models import Cohort, ExternalLabeler, GuidelineVersion, JudgmentSchema, Membership, Project
from apps.prompts.models import Completion, Prompt


class Cardinality(Func):
    function = "cardinality"
    output_field = models.IntegerField()


class Task(models.Model):
    """One unit of work on one prompt.

    `candidates` are completion ids in fixed positions; `candidate_set` the same ids sorted: with the prompt
    it is the task's identity. `open_slots` counts the judgments that nobody holds or has given yet; null
    `required` means unlimited (gold).
    """

    class Kind(models.TextChoices):
        RANK = "rank"
        RATE = "rate"
        DEMONSTRATE = "demonstrate"

    class Purpose(models.TextChoices):
        PRODUCTION = "production"
        GOLD = "gold"
        QUALIFICATION = "qualification"
        ADJUDICATION = "adjudication"
        EVALUATION = "evaluation"

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=11, choices=Kind)
    purpose = models.CharField(max_length=13, choices=Purpose, default=Purpose.PRODUCTION)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    candidates = ArrayField(models.BigIntegerField(), default=list)
    candidate_set = ArrayField(models.BigIntegerField(), default=list, editable=False)
    required = models.PositiveSmallIntegerField(null=True)
    open_slots = models.SmallIntegerField(null=True)
    priority = models.SmallIntegerField(default=0)
    sensitive = models.BooleanField(default=False, help_text="Copied from the prompt, for the claim.")
    author = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False,
        help_text="Copied from the prompt by the database, for the claim.",
    )  # fmt: skip
    repeats = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    adjudicates = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # What the imported line that made this task called things; several lines may carry one prompt.
    external_id = models.CharField(max_length=200, null=True, blank=True)
    external_candidate_ids = ArrayField(models.CharField(max_length=200, null=True), null=True, blank=True)
    source = models.JSONField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(required=None, open_slots=None)
                | Q(required__isnull=False, open_slots__gte=0, open_slots__lte=F("required")),
                name="task_slots_within_required",
            ),
            models.CheckConstraint(
                condition=Q(kind="rank", candidates__len__range=(2, 9))
                | Q(kind="rate", candidates__len__range=(1, 9))
                | Q(kind="demonstrate", candidates=[]),
                name="task_k_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(candidate_set__len=Cardinality(F("candidates"))), name="task_set_is_whole"
            ),
            models.CheckConstraint(condition=Q(state__in=["open", "closed"]), name="task_state_known"),
            models.CheckConstraint(
                condition=Q(purpose__in=["production", "gold", "qualification", "adjudication", "evaluation"]),
                name="task_purpose_known",
            ),
            models.UniqueConstraint(
                fields=["prompt", "kind", "candidate_set"],
                condition=Q(purpose="production", repeats=None),
                name="task_identity",
            ),
        ]
        indexes = [
            # The claim: the next open task of a kind, by priority, then age.
            models.Index(
                "project", "kind", F("priority").desc(), "id",
                condition=Q(state="open", open_slots__gt=0),
                name="task_claimable",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} task {self.uid}"


class Assignment(models.Model):
    """One labeler's lease on one task, and the draft on their desk."""

    class State(models.TextChoices):
        RESERVED = "reserved"
        LEASED = "leased"
        SUBMITTED = "submitted"
        SKIPPED = "skipped"
        RELEASED = "released"
        EXPIRED = "expired"

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
                | Q(state__in=["submitted", "skipped", "released", "expired"], lease_expires_at=None),
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


class Judgment(models.Model):
    """What one labeler said about one task. Frozen: a correction is a new row that supersedes.

    `cohort` is copied when it is submitted. The current judgment of a chain is the one that nothing supersedes.
    """

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="judgments")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, null=True, related_name="judgments")
    external_labeler = models.ForeignKey(ExternalLabeler, on_delete=models.PROTECT, null=True, related_name="judgments")
    schema = models.ForeignKey(JudgmentSchema, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    guideline = models.ForeignKey(
        GuidelineVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    cohort = models.CharField(max_length=8, choices=Cohort)
    note = models.TextField(blank=True)
    prompt_flags = models.JSONField(default=dict)
    use_case = models.CharField(max_length=60, blank=True)
    surplus = models.BooleanField(default=False, help_text="Kept, though the task had its judgments already.")
    rendering = models.CharField(max_length=8, default="rendered")
    proposal = models.BooleanField(default=False, help_text="The ladder was begun from the ratings' proposal.")
    active_seconds = models.PositiveIntegerField(null=True)
    content_sha256 = models.CharField(max_length=64)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    submitted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment__isnull=False, external_labeler=None)
                | Q(assignment=None, external_labeler__isnull=False),
                name="judgment_of_member_or_external",
            ),
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(supersedes=None), name="judgment_one_chain_an_assignment"
            ),
            models.UniqueConstraint(
                fields=["task", "external_labeler"],
                condition=Q(supersedes=None, external_labeler__isnull=False),
                name="judgment_one_chain_an_external",
            ),
            models.CheckConstraint(condition=Q(cohort__in=["training", "held-out"]), name="judgment_cohort_known"),
            models.CheckConstraint(condition=Q(rendering__in=["rendered", "raw"]), name="judgment_rendering_known"),
        ]

    def __str__(self) -> str:
        return f"judgment {self.uid}"


class Ranking(models.Model):
    """Tiers aligned with the task's candidate positions: dense, 1 best, equal = tie."""

    judgment = models.OneToOneField(Judgment, on_delete=models.PROTECT, primary_key=True, related_name="ranking")
    tiers = ArrayField(models.SmallIntegerField())

    def __str__(self) -> str:
        return "".join(map(str, self.tiers))


class Ratings(models.Model):
    """One object per candidate position, {} where nothing was said; checked against the schema."""

    judgment = models.OneToOneField(Judgment, on_delete=models.PROTECT, primary_key=True, related_name="ratings")
    values = models.JSONField()

    class Meta:
        verbose_name_plural = "ratings"

    def __str__(self) -> str:
        return f"ratings of {self.judgment_id}"


class Demonstration(models.Model):
    """A completion that a labeler wrote."""

    judgment = models.OneToOneField(Judgment, on_delete=models.PROTECT, primary_key=True, related_name="demonstration")
    completion = models.OneToOneField(Completion, on_delete=models.PROTECT, related_name="demonstration")
    pasted_share = models.FloatField(
        null=True, help_text="Pasted characters as a share of the text, 0 to 1; null where the browser did not tell."
    )
    similarity = models.FloatField(null=True, help_text="To the text it is nearest to, 0 to 1 (domain.similarity).")
    nearest = models.ForeignKey(Completion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pasted_share=None) | Q(pasted_share__range=(0, 1)), name="demonstration_pasted_within_0_1"
            ),
            models.CheckConstraint(
                condition=Q(similarity=None, nearest=None) | Q(similarity__range=(0, 1), similarity__isnull=False),
                name="demonstration_similarity_within_0_1",
            ),
        ]

    def __str__(self) -> str:
        return f"demonstration of {self.judgment_id}"
