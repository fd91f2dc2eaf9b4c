"""Runs whose worker is gone, and runs that wait: both are looked for again and again."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.ring import ring_again
from apps.registry.models import GenerationRun
from apps.registry.run import Run, RunState

from ..models import TrainingRun
from .bell import bell_of
from .claim import STALE, run_requeued


def runs_requeue(*, stale: timedelta = STALE) -> int:
    """Put back what no worker has spoken for since `stale`, and ring for everything that waits."""
    waiting = 0
    for model in (TrainingRun, GenerationRun):
        _reap(model, stale)
        waiting += _ring_waiting(model)
    return waiting


def _reap(model: type[Run], stale: timedelta) -> None:
    """A locked row is being written by its worker, so it is alive."""
    quiet = {"state": RunState.RUNNING, "heartbeat_at__lt": timezone.now() - stale}
    for pk in model._default_manager.filter(**quiet).values_list("pk", flat=True):
        with transaction.atomic():
            rows = model._default_manager.select_for_update(skip_locked=True, no_key=True)
            if run := rows.filter(pk=pk, **quiet).first():
                said = f"Its worker {run.worker} was not heard of for {stale.total_seconds():g} seconds"
                run_requeued(run, f"{said}: queued again, to go on from its last checkpoint.", counted=True)


def _ring_waiting(model: type[Run]) -> int:
    uids = list(model._default_manager.filter(state=RunState.QUEUED).values_list("uid", flat=True))
    ring_again(bell_of(model), uids)
    return len(uids)
