"""Celery rings; the rows decide."""

from celery import shared_task

from .services.kept import facts_refresh_all


@shared_task(name="readiness.refresh")
def refresh() -> None:
    facts_refresh_all()
