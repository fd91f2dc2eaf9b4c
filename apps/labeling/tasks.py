"""Celery rings; the rows decide."""

from celery import shared_task

from .services.leases import leases_reap


@shared_task(name="labeling.reap_leases")
def reap_leases() -> None:
    leases_reap()
