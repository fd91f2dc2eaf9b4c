"""Celery rings; the rows decide."""

from celery import shared_task

from .services import idempotency_forget


@shared_task(name="accounts.forget_keys")
def forget_keys() -> None:
    idempotency_forget()
