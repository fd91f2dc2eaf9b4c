"""Celery rings; the rows decide. What trains and generates is in `workers/tasks`."""

from celery import shared_task

from .services.candidate_sets import candidate_set_advance, candidate_sets_advance
from .services.loop import loop_advance, loops_advance
from .services.preferred import preferences_refresh_all
from .services.reap import runs_requeue
from .services.retrain import retrain_check
from .services.settling import model_settle, models_requeue


@shared_task(name="training.requeue")
def requeue() -> None:
    runs_requeue()
    models_requeue()


@shared_task(name="training.settle")
def settle(uid: str) -> None:
    model_settle(uid=uid)


@shared_task(name="training.advance")
def advance(uid: str) -> None:
    loop_advance(uid=uid)


@shared_task(name="training.advance-set")
def advance_set(uid: str) -> None:
    candidate_set_advance(uid=uid)


@shared_task(name="training.loops")
def loops() -> None:
    """Turns of the loop, and sets of candidates."""
    loops_advance()
    candidate_sets_advance()


@shared_task(name="training.retrain")
def retrain() -> None:
    retrain_check()


@shared_task(name="training.preferences")
def preferences() -> None:
    preferences_refresh_all()
