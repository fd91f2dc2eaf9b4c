"""A task's open slots: the counter that decides who may still take it. The CHECK on the row is the referee."""

from django.db.models import F

from ..models import Task


def take_slot(task_id: int) -> bool:
    """Take one slot if one is free. Gold tasks (null) have no end of slots and no counter."""
    if Task.objects.filter(pk=task_id, state=Task.State.OPEN, open_slots__gt=0).update(open_slots=F("open_slots") - 1):
        return True
    return Task.objects.filter(pk=task_id, state=Task.State.OPEN, required=None).exists()


def return_slot(task_id: int) -> None:
    Task.objects.filter(pk=task_id, required__isnull=False).update(open_slots=F("open_slots") + 1)
