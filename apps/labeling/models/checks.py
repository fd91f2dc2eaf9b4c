"""Where a labeler is in the checks that are mixed into their work."""

from django.db import models
from django.db.models import Q

from apps.projects.models import Membership

from .task import Task


class CheckPace(models.Model):
    """How many stretches of one sort a labeler has had, and the judgment at which the next begins (`domain.checks`).

    `task` is the check they got last: given back, it comes again before anything else, as any other task would.
    """

    class Sort(models.TextChoices):
        GOLD = "gold"
        RETEST = "retest"

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+", db_index=False)
    sort = models.CharField(max_length=6, choices=Sort)
    drawn = models.PositiveIntegerField()
    begins = models.FloatField()
    task = models.ForeignKey(Task, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "sort"], name="check_pace_once_a_sort"),
            models.CheckConstraint(condition=Q(sort__in=["gold", "retest"]), name="check_pace_sort_known"),
        ]

    def __str__(self) -> str:
        return f"{self.sort} {self.drawn} at {self.begins:g}"
