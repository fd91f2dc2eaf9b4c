"""A task's open slots: the counter that decides who may still take it. The CHECK on the row is the referee.

`labeling_slot_take` (migration 0009) takes them.
"""

from django.db.models import F

from ..models import Task


def return_slot(task_id: int) -> None:
    Task.objects.filter(pk=task_id, required__isnull=False).update(open_slots=F("open_slots") + 1)
