"""What a running program says of itself: that it lives, how far it is, its numbers, the end of its log."""

from collections.abc import Sequence

from django.utils import timezone

from apps.core.bulk import rows_insert

from ..domain.metrics import StepMetrics
from ..models import RunMetric, TrainingRun
from .claim import Claim, held

AT_ONCE = 5_000  # rows of one INSERT


def claim_progress(
    claim: Claim, *, steps: Sequence[StepMetrics] = (), log_tail: str | None = None, notice: str | None = None
) -> bool:
    """Record it with a heartbeat, and say whether somebody asked to cancel. Raises ClaimLost, DatabaseAway.

    The same steps again change nothing.
    """
    with held(claim) as run:
        run.heartbeat_at = timezone.now()
        if steps:
            last = steps[-1]
            run.step = last.step
            # A total that is less than the step is a program's slip, not a reason to lose its numbers.
            run.steps_total = None if last.total is None else max(last.step, last.total)
        if log_tail is not None:
            run.log_tail = log_tail.replace("\x00", "�")
        if notice is not None:
            run.notice = notice
        run.save(update_fields=["heartbeat_at", "step", "steps_total", "log_tail", "notice"])
        if isinstance(run, TrainingRun):
            _metrics_insert(run, steps)
        return run.cancel_requested_at is not None


def _metrics_insert(run: TrainingRun, steps: Sequence[StepMetrics]) -> None:
    rows = [
        {"run_id": run.pk, "name": name, "step": one.step, "value": value}
        for one in steps
        for name, value in one.numbers.items()
    ]
    for start in range(0, len(rows), AT_ONCE):
        rows_insert(RunMetric, rows[start : start + AT_ONCE])
