"""Celery rings; the rows decide."""

from celery import shared_task

from .services.rounds import adjudication_round


@shared_task(name="adjudication.round")
def round_() -> None:
    adjudication_round()


@shared_task(name="adjudication.recount")
def recount() -> None:
    adjudication_round(from_nothing=True)
