"""People's say over a run that was launched: cancel it, or let it go on."""

from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.conflicts import conflict_where
from apps.core.domain.errors import Conflict
from apps.registry.models import GenerationRun, ModelVersion
from apps.registry.run import RunState

from ..models import TrainingRun
from .bell import ring_for, ring_loop_of
from .inputs import hold_ready

AnyRun = TypeVar("AnyRun", TrainingRun, GenerationRun)


@transaction.atomic
def run_cancel(*, actor: User | None, run: AnyRun) -> AnyRun:
    """A run that waits is cancelled at once; a running one is asked to end. Raises Conflict where it is over."""
    run = _locked(run)
    if run.is_over:
        raise Conflict(f"The run is {run.state} already.", code="run_is_over")
    if run.state == RunState.QUEUED:
        run.state, run.finished_at = RunState.CANCELLED, timezone.now()
        ring_loop_of(run)
    elif run.cancel_requested_at is None:
        run.cancel_requested_at = timezone.now()
    run.save(update_fields=["state", "finished_at", "cancel_requested_at"])
    record(actor=actor, verb="run.cancelled", target=run)
    return run


@transaction.atomic
def run_resume(*, actor: User | None, run: AnyRun) -> AnyRun:
    """A failed or cancelled run waits again, and goes on from its last checkpoint, or from the start without one.

    Raises Conflict where it is done or not over, or where another run was asked the same meanwhile; RuleBroken where a
    model that it reads has been retired since.
    """
    run = _locked(run)
    if run.state not in (RunState.FAILED, RunState.CANCELLED):
        raise Conflict(f"The run is {run.state}: only a failed or cancelled one is resumed.", code="run_not_ended")
    hold_ready(**_models(run))
    was = run.state
    run.state, run.finished_at, run.cancel_requested_at = RunState.QUEUED, None, None
    run.failure = run.failure_kind = ""
    run.attempt = 0  # five more workers may be lost with it
    again = Conflict("Another run that was asked the same is unfinished: let that one end.", code="run_again")
    with conflict_where("unfinished_once", again):
        run.save(
            update_fields=["state", "finished_at", "cancel_requested_at", "failure", "failure_kind", "attempt"]
        )  # fmt: skip
    record(actor=actor, verb="run.resumed", target=run, was=was)
    ring_for(run)
    return run


def _models(run: TrainingRun | GenerationRun) -> dict[str, ModelVersion | None]:
    """What it reads, by the names of a launch."""
    if isinstance(run, GenerationRun):
        return {"model": run.model_version}
    return {
        "parent_model": run.parent_model, "reward_model": run.reward_model, "previous_model": run.previous_model,
    }  # fmt: skip


def _locked(run: AnyRun) -> AnyRun:
    """The row as it is now, held until the transaction ends."""
    return type(run).objects.select_for_update(no_key=True).get(pk=run.pk)
