"""Where labelers disagree, and what an adjudicator made of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core.ids import ordered_uid
from apps.labeling.models import Task
from apps.projects.models import Cohort, GuidelineVersion, Membership, Project


class Disagreement(models.Model):
    """How far apart the labelers of one task are: kept by a refresh, made again whenever something new is said of it.

    Of persons, one current ranking each. Where two of the training cohort judged the task, only theirs are compared
    (`cohort` training): what comes of it may be trained on. Else everybody's, and it is held-out.
    `place` orders the queue: the score, then the older task; highest first, and no two alike.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="disagreement")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    cohort = models.CharField(max_length=8, choices=Cohort)
    judgments = models.PositiveSmallIntegerField()
    compared = models.PositiveIntegerField(help_text="Pairs of candidates, of every two judgments.")
    alike = models.PositiveIntegerField(help_text="Those of which both said the same: better, worse or tied.")
    disagreement = models.FloatField(help_text="1 - alike / compared.")
    feeds = models.PositiveIntegerField(help_text="Ordered pairs that its training judgments would teach.")
    use_case = models.CharField(max_length=60, blank=True)
    sensitive = models.BooleanField()
    priority = models.SmallIntegerField()
    place = models.BigIntegerField()
    resolved = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(judgments__gte=2, compared__gte=1), name="disagreement_of_several"),
            models.CheckConstraint(condition=Q(disagreement__range=(0, 1)), name="disagreement_within_0_1"),
        ]
        indexes = [
            # The queue, page by page.
            models.Index("project", "resolved", "place", name="disagreement_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.disagreement:.2f} on task {self.task_id}"


class ChangedStakes(models.Model):
    """That a task's priority or sensitivity changed, and the queue has not taken it over yet. PostgreSQL writes the rows in
    the statement that changes the task: any number of a task, and no keys to wait for."""

    project_id = models.BigIntegerField(db_index=True)
    task_id = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "changed stakes"

    def __str__(self) -> str:
        return f"task {self.task_id}"


class DisagreementsRead(models.Model):
    """How far a project's judgments have been looked at."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    read_to = models.BigIntegerField(help_text="Every judgment with an id up to this has been looked at.")
    above = models.BigIntegerField(help_text="How many of the project's judgments above it have been looked at too.")

    class Meta:
        verbose_name_plural = "disagreements read"

    def __str__(self) -> str:
        return f"{self.project_id}: {self.read_to}"


class AdjudicationRules(models.Model):
    """What a manager decided once for all tasks: which use cases weigh double, and where more judgments are asked for."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="adjudication_rules"
    )
    use_cases = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    more_below = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)])
    more_judgments = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    more_most = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(2), MaxValueValidator(50)])
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "adjudication rules"
        constraints = [
            models.CheckConstraint(
                condition=Q(more_below=None) | Q(more_below__range=(0, 1)), name="rules_more_below_within_0_1"
            ),
            models.CheckConstraint(
                condition=Q(more_judgments__range=(1, 10), more_most__range=(2, 50)), name="rules_more_bounded"
            ),
        ]

    def __str__(self) -> str:
        return f"rules of {self.project_id}"


class Resolution(models.Model):
    """What an adjudicator made of a task on which labelers disagree. Frozen: a later one supersedes.

    The judgments stay as they are; `judgments` are those the adjudicator saw. `tiers` are aligned with the task's
    candidates; of a bad prompt there are none. The database says the `cohort`: held-out where the adjudicator, one
    of those judgments or the resolution it supersedes is.
    """

    class Category(models.TextChoices):
        SLIP = "slip", _("Slip or noise: one of them was careless")
        PLURALISM = "pluralism", _("Real pluralism: careful people differ here")
        GUIDELINE = "guideline", _("Unclear guideline: its rules allow both")
        PROMPT = "prompt", _("Bad prompt: nobody can judge this")
        HARD = "hard", _("Hard but clear: there is a right answer, and it is easily missed")

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="resolutions", db_index=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="resolutions")
    category = models.CharField(max_length=9, choices=Category)
    tiers = ArrayField(models.SmallIntegerField(), null=True, blank=True)
    guideline = models.ForeignKey(
        GuidelineVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    rule = models.CharField(max_length=80, blank=True, help_text="The address of the guideline's rule that is unclear.")
    note = models.TextField(blank=True)
    judgments = ArrayField(models.BigIntegerField())
    cohort = models.CharField(max_length=8, choices=Cohort, editable=False)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # Of two who resolve a task at once one is told so.
            models.UniqueConstraint(
                fields=["task", "supersedes"], nulls_distinct=False, name="resolution_one_chain_a_task"
            ),
            models.CheckConstraint(
                condition=Q(category__in=["slip", "pluralism", "guideline", "prompt", "hard"]),
                name="resolution_category_known",
            ),
            models.CheckConstraint(
                condition=Q(category="prompt", tiers=None) | (~Q(category="prompt") & Q(tiers__isnull=False)),
                name="resolution_ranks_unless_bad_prompt",
            ),
            models.CheckConstraint(condition=Q(rule="") | Q(category="guideline"), name="resolution_rule_of_guideline"),
            models.CheckConstraint(condition=Q(cohort__in=["training", "held-out"]), name="resolution_cohort_known"),
        ]

    def __str__(self) -> str:
        return f"{self.category} on task {self.task_id}"
