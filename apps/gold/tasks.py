"""Celery rings; the rows decide."""

from celery import shared_task

from .services.kept import gold_refresh_all


@shared_task(name="gold.refresh")
def refresh() -> None:
    gold_refresh_all()
