"""Celery rings; the rows decide."""

from celery import shared_task

from .services.rounds import agreement_refresh_all


@shared_task(name="quality.refresh")
def refresh() -> None:
    agreement_refresh_all()


@shared_task(name="quality.recount")
def recount() -> None:
    agreement_refresh_all(from_nothing=True)
