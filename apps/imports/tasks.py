"""Celery rings; the rows decide."""

from celery import shared_task

from .services.resume import import_take, imports_requeue


@shared_task(name="imports.run")
def run(uid: str) -> None:
    import_take(uid=uid)


@shared_task(name="imports.requeue")
def requeue() -> None:
    imports_requeue()
