"""Celery rings; the rows decide."""

from celery import shared_task

from .services.check import counters_check


@shared_task(name="operations.check_counters")
def check_counters() -> None:
    counters_check()
