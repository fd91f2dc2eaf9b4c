"""Celery rings; the rows decide."""

from celery import shared_task

from .services.build import snapshot_build, snapshots_requeue
from .services.wanted import file_build, files_requeue


@shared_task(name="datasets.build")
def build(uid: str) -> None:
    snapshot_build(uid=uid)


@shared_task(name="datasets.derive")
def derive(uid: str) -> None:
    file_build(uid=uid)


@shared_task(name="datasets.requeue")
def requeue() -> None:
    snapshots_requeue()
    files_requeue()
