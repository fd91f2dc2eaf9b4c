"""What the queue remembers so that a claim costs the same whatever lies behind and ahead of it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.projects.models import Membership, Project

from .task import Task


class QueueCursor(models.Model):
    """How far a labeler has come in one lane of one priority: nothing before `position` is for them.

    A hint, not the truth: whatever becomes takeable gets a new position (migration 0008), and "nothing left" is only
    said after a search from the start.
    """

    class Lane(models.IntegerChoices):
        RETURNED = 0
        FRESH = 1

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=11, choices=Task.Kind)
    priority = models.SmallIntegerField()
    lane = models.SmallIntegerField(choices=Lane)
    position = models.BigIntegerField()
    rewound_at = models.DateTimeField(db_default=Now(), help_text="When a part of the lane was last read again.")
    # Where the next two readings again begin: the positions of the last two, so that what was in flight when it was
    # passed has ten minutes and more to be committed.
    rewind_to = models.BigIntegerField(default=0)
    rewind_next = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "kind", "priority", "lane"], name="queue_cursor_once_a_lane"
            ),
            models.CheckConstraint(
                condition=Q(lane=0, position__lt=0) | Q(lane=1, position__gte=0), name="queue_cursor_in_its_lane"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.priority}/{self.lane}: {self.position}"


class OverlapStratum(models.Model):
    """How many tasks one stratum of a project has had: its overlap sample is drawn by these numbers."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    stratum = models.CharField(max_length=60, blank=True)
    tasks = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "overlap strata"
        constraints = [models.UniqueConstraint(fields=["project", "stratum"], name="overlap_stratum_once")]

    def __str__(self) -> str:
        return f"{self.stratum or '(none)'}: {self.tasks}"
