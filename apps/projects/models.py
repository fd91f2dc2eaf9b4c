"""A project: its people, its instructions, and the form a judgment takes."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core.ids import ordered_uid

# A stretch of 1 / rate judgments is counted in whole numbers; nobody gives more than this in a year.
LEAST_CHECK_RATE = 0.0001


def validate_check_rate(value: float) -> None:
    """The share of checks (gold, retests) among a labeler's judgments: none, or one in ten thousand at least."""
    if value != 0 and not LEAST_CHECK_RATE <= value <= 1:
        raise ValidationError(_("A share is 0 or between 0.0001 and 1."))


class Project(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        ARCHIVED = "archived", _("Archived")

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    candidates_per_task = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(2), MaxValueValidator(9)], help_text="K, for generation runs (2 to 9)."
    )
    judgments_per_task = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(50)], help_text="Labelers a task gets."
    )
    overlap_share = models.FloatField(
        default=0.1, validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Share of tasks that several labelers judge, so that agreement can be measured.",
    )  # fmt: skip
    overlap_judgments = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(2), MaxValueValidator(50)], help_text="Labelers such a task gets."
    )
    lease_minutes = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text="How long a labeler holds a task without a sign of life.",
    )  # fmt: skip
    correction_minutes = models.PositiveIntegerField(
        default=60 * 24, help_text="How long a labeler may correct an own judgment."
    )
    labeler_quota = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Most judgments of one labeler in all."
    )
    labeler_daily_quota = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Most judgments of one labeler a day (UTC)."
    )
    reserve_languages = models.BooleanField(
        default=False, help_text="A prompt with a language goes to labelers with that language as a skill."
    )
    gold_rate = models.FloatField(
        default=0.0, validators=[validate_check_rate],
        help_text="Share of a labeler's judgments that are on gold: tasks whose answer is known.",
    )  # fmt: skip
    gold_threshold = models.FloatField(
        default=0.75, validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="The share of gold items that a labeler should pass.",
    )  # fmt: skip
    retest_rate = models.FloatField(
        default=0.0, validators=[validate_check_rate],
        help_text="Share of a labeler's judgments that repeat one of their own, to see how consistent they are.",
    )  # fmt: skip
    retest_after_judgments = models.PositiveIntegerField(
        default=50, help_text="So many judgments of theirs lie between a task and its repeat, at least."
    )
    retest_after_hours = models.PositiveIntegerField(
        default=24, validators=[MaxValueValidator(24 * 366)], help_text="So many hours, at least."
    )
    seed = models.BigIntegerField(help_text="Decides splits and samples; never changes.", editable=False)
    allows_simulated_training = models.BooleanField(
        default=False, editable=False, help_text="The demo only: simulated labelers may enter training snapshots."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(candidates_per_task__range=(2, 9)), name="project_k_from_2_to_9"),
            models.CheckConstraint(condition=Q(judgments_per_task__gte=1), name="project_judgments_at_least_1"),
            models.CheckConstraint(condition=Q(overlap_judgments__gte=2), name="project_overlap_at_least_2"),
            models.CheckConstraint(
                condition=Q(overlap_share__range=(0, 1), gold_rate__range=(0, 1)), name="project_shares_within_0_1"
            ),
            models.CheckConstraint(
                condition=Q(gold_threshold__range=(0, 1), retest_rate__range=(0, 1)), name="project_checks_within_0_1"
            ),
            models.CheckConstraint(
                condition=(Q(gold_rate=0) | Q(gold_rate__gte=LEAST_CHECK_RATE))
                & (Q(retest_rate=0) | Q(retest_rate__gte=LEAST_CHECK_RATE)),
                name="project_checks_now_and_then",
            ),
            models.CheckConstraint(condition=Q(lease_minutes__gte=1), name="project_lease_at_least_1_minute"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def mixes_checks(self) -> bool:
        """Whether gold or silent retests come between the rankings."""
        return self.gold_rate > 0 or self.retest_rate > 0


class Cohort(models.TextChoices):
    """Held-out labelers' judgments never enter a training snapshot (InstructGPT, section 3.4)."""

    TRAINING = "training", _("Training")
    HELD_OUT = "held-out", _("held-out")


class Membership(models.Model):
    class Role(models.TextChoices):
        LABELER = "labeler", _("Labeler")
        ADJUDICATOR = "adjudicator", _("Adjudicator")
        MANAGER = "manager", _("Manager")
        RESEARCHER = "researcher", _("Researcher")

    class Status(models.TextChoices):
        INVITED = "invited", _("Invited")
        QUALIFYING = "qualifying", _("Qualifying")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    owes_exam = models.BooleanField(
        default=False, db_default=False, editable=False,
        help_text="To sit the exam before they work, and nobody has let them in yet.",
    )  # fmt: skip
    cohort = models.CharField(max_length=8, choices=Cohort, default=Cohort.TRAINING)
    accepts_sensitive = models.BooleanField(default=False)
    skills = ArrayField(
        models.CharField(max_length=60), default=list, blank=True,
        help_text="What they can judge that not everybody can, like language:es or domain:medicine.",
    )  # fmt: skip
    judgments = models.PositiveIntegerField(default=0, editable=False, help_text="Submitted so far, corrections aside.")
    pseudonym = models.CharField(
        max_length=40, editable=False, help_text="The only name exports carry; of this project alone."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_once_a_project"),
            models.UniqueConstraint(fields=["project", "pseudonym"], name="membership_pseudonym_unique"),
            models.CheckConstraint(condition=Q(role__in=["labeler", "adjudicator", "manager", "researcher"]), name="membership_role_known"),
            models.CheckConstraint(condition=Q(status__in=["invited", "qualifying", "active", "suspended"]), name="membership_status_known"),
            models.CheckConstraint(condition=Q(cohort__in=["training", "held-out"]), name="membership_cohort_known"),
            models.CheckConstraint(condition=~Q(status="active", owes_exam=True), name="membership_let_in_before_active"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.pseudonym} ({self.role})"


class ExternalLabeler(models.Model):
    """Whose judgments were imported. A pool (a crowd, a consensus) is not a person."""

    class Kind(models.TextChoices):
        PERSON = "person"
        POOL = "pool"
        MODEL = "model"
        SIMULATED = "simulated"

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="external_labelers")
    pseudonym = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    cohort = models.CharField(max_length=8, choices=Cohort, default=Cohort.TRAINING)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "pseudonym"], name="external_labeler_unique"),
            models.CheckConstraint(condition=Q(kind__in=["person", "pool", "model", "simulated"]), name="external_labeler_kind_known"),
            models.CheckConstraint(condition=Q(cohort__in=["training", "held-out"]), name="external_labeler_cohort_known"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.pseudonym} ({self.kind})"


class Track(models.TextChoices):
    """Helpfulness comes first while collecting; truth and harmlessness in the final evaluation (InstructGPT, B.2)."""

    COLLECTION = "collection", _("Collection")
    EVALUATION = "evaluation", _("Evaluation")


class GuidelineVersion(models.Model):
    """The instructions in force. Every judgment remembers which."""

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="guidelines")
    track = models.CharField(max_length=10, choices=Track, default=Track.COLLECTION)
    number = models.PositiveIntegerField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64, editable=False)
    requires_acknowledgement = models.BooleanField(
        default=True, help_text="Work under this version needs an acknowledgement of it, read or carried over."
    )
    changes_meaning = models.BooleanField(default=True, help_text="Acknowledgements of the version before end with it.")
    change = models.CharField(max_length=500, blank=True, help_text="What is different, in a sentence.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["track", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "track", "number"], name="guideline_number_unique"),
            models.UniqueConstraint(
                fields=["project", "track"], condition=Q(published_at=None), name="guideline_one_draft_a_track"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="guideline_number_from_1"),
            models.CheckConstraint(condition=Q(track__in=["collection", "evaluation"]), name="guideline_track_known"),
            models.CheckConstraint(
                condition=Q(changes_meaning=False) | Q(requires_acknowledgement=True),
                name="guideline_change_of_meaning_is_acknowledged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.track} {self.number}"


class GuidelineAcknowledgement(models.Model):
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="acknowledgements")
    guideline = models.ForeignKey(GuidelineVersion, on_delete=models.PROTECT, related_name="acknowledgements")
    carried = models.BooleanField(
        default=False, editable=False, help_text="Not read anew: an earlier version was, and the meaning is the same."
    )
    acknowledged_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "guideline"], name="acknowledged_once")]

    def __str__(self) -> str:
        return f"{self.membership_id} read {self.guideline_id}"


class JudgmentSchema(models.Model):
    """Which ratings and flags a judgment may carry (`domain.judgment_schema` says what a body is)."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="schemas")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    sha256 = models.CharField(max_length=64, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="schema_number_unique")]

    def __str__(self) -> str:
        return f"schema {self.number}"
