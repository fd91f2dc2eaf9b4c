"""Celery rings; the rows decide."""

from celery import shared_task

from .services.rounds import agreement_refresh_all, bias_refresh_all
from .services.volunteers import answers_forget_gone


@shared_task(name="quality.refresh")
def refresh() -> None:
    agreement_refresh_all()


@shared_task(name="quality.recount")
def recount() -> None:
    agreement_refresh_all(from_nothing=True)


@shared_task(name="quality.bias")
def bias() -> None:
    answers_forget_gone()
    bias_refresh_all()
