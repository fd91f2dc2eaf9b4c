"""Celery rings; the rows decide. What trains and generates is in `workers/tasks`."""

from celery import shared_task

from .services.loop import loop_advance, loops_advance
from .services.reap import runs_requeue
from .services.retrain import retrain_check


@shared_task(name="training.requeue")
def requeue() -> None:
    runs_requeue()


@shared_task(name="training.advance")
def advance(uid: str) -> None:
    loop_advance(uid=uid)


@shared_task(name="training.loops")
def loops() -> None:
    loops_advance()


@shared_task(name="training.retrain")
def retrain() -> None:
    retrain_check()
