"""Celery rings; the rows decide. What trains and generates is in `workers/tasks`."""

from celery import shared_task

from .services.reap import runs_requeue


@shared_task(name="training.requeue")
def requeue() -> None:
    runs_requeue()
