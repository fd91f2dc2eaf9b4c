"""What gold keeps beside its tasks."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core.ids import ordered_uid
from apps.labeling.models import Task
from apps.projects.models import Project
from apps.quality.models import KeptReport

from .domain.key import Pair

EXPLANATION_MAX = 2_000


class GoldItem(models.Model):
    """A task whose answer is known: the key that a ranking of it is held against, and why that is the answer.

    The key never changes: what was scored by it stays comparable. A wrong one is retired, and another item made.
    """

    class RetiredAs(models.TextChoices):
        WRONG = "wrong", _("The key is wrong: its answers count for nobody")
        WORN = "worn", _("It has served: its answers still count")

    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="gold_item")
    pairs = models.JSONField(help_text="[better, worse, may tie], positions of candidates, with all that follows.")
    may_miss = models.PositiveSmallIntegerField(default=0, help_text="So many pairs may be tied or reversed.")
    explanation = models.TextField(help_text="Why this is the answer. Nobody who labels sees it.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    retired_as = models.CharField(max_length=5, choices=RetiredAs, blank=True)
    retired_because = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_at=None, retired_as="")
                | Q(retired_at__isnull=False, retired_as__in=["wrong", "worn"]),
                name="gold_retired_as_something",
            ),
        ]

    def __str__(self) -> str:
        return f"gold {self.uid}"

    @property
    def key(self) -> list[Pair]:
        return [Pair(better, worse, may_tie) for better, worse, may_tie in self.pairs]

    @property
    def counts(self) -> bool:
        """Whether answers to it say something of who gave them."""
        return self.retired_as != self.RetiredAs.WRONG


class GoldReport(KeptReport):
    """What was last counted of all answers to a project's gold and of its retests."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="gold_report")

    def __str__(self) -> str:
        return f"gold in {self.project_id}"
