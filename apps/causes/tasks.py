"""Celery rings; the rows decide."""

from celery import shared_task

from .services.refresh import disagreement_refresh_all


@shared_task(name="causes.refresh")
def refresh() -> None:
    disagreement_refresh_all()
