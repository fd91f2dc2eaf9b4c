"""Tasks: what there is to judge, and how often it still may be."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from apps.core.ids import ordered_uid
from apps.projects.models import Cohort, Project
from apps.prompts.models import Prompt


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
    # That the project is there follows: it is the prompt's (`labeling_task_whole`), and neither ever changes.
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks", db_constraint=False)
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
    writers = ArrayField(
        models.BigIntegerField(), default=list, editable=False,
        help_text="The members who wrote the prompt or a candidate: they never judge it. Told by the database.",
    )  # fmt: skip
    cohort = models.CharField(max_length=8, choices=Cohort, null=True, blank=True, help_text="Kept for that cohort.")
    requires = ArrayField(
        models.CharField(max_length=60), default=list, blank=True,
        help_text="Skills that a labeler needs, like language:es or domain:medicine.",
    )  # fmt: skip
    # The place within its priority: the id of a fresh task, a negative number once it became takeable again.
    # The database sets it (migration 0008), and it only ever moves to where no cursor has passed yet.
    position = models.BigIntegerField(editable=False, null=False, db_default=0)
    # Nearly always null: indexes of the few that are not are below. A repeat (silent retest) has its original's candidates.
    repeats = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    adjudicates = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
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
                condition=Q(cohort=None) | Q(cohort__in=["training", "held-out"]), name="task_cohort_known"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=["production", "gold", "qualification", "adjudication", "evaluation"]),
                name="task_purpose_known",
            ),
            models.UniqueConstraint(
                fields=["prompt", "kind", "candidate_set"],
                condition=Q(purpose="production", repeats=None),
                name="task_identity",
            ),
            models.UniqueConstraint(
                fields=["prompt", "kind", "candidate_set"],
                condition=Q(purpose="gold", state="open"),
                name="task_gold_once",
            ),
            # One repeat for all who judged the original, each of whom gets it once; never in the queue.
            models.UniqueConstraint(fields=["repeats"], condition=Q(repeats__isnull=False), name="task_repeated_once"),
            models.CheckConstraint(
                condition=Q(repeats=None) | Q(required=None, purpose="production"), name="task_repeat_takes_no_slot"
            ),
        ]
        indexes = [
            # The claim: the next open task of a kind, by priority, then place.
            models.Index(
                "project", "kind", F("priority").desc(), "position",
                condition=Q(state="open", open_slots__gt=0),
                name="task_claimable",
            ),
            models.Index("project", "kind", condition=Q(purpose="gold", state="open"), name="task_gold"),
            # Whose work is kept from those who met it as gold.
            models.Index("project", "prompt", condition=Q(purpose="gold", state="closed"), name="task_gold_retired"),
            models.Index("adjudicates", condition=Q(adjudicates__isnull=False), name="task_adjudicates"),
            # Why a queue is empty for someone: the open tasks that are not for everybody.
            models.Index(
                "project", "kind",
                condition=Q(state="open", open_slots__gt=0)
                & (Q(sensitive=True) | Q(cohort__isnull=False) | ~Q(requires=[])),
                name="task_set_apart",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} task {self.uid}"
