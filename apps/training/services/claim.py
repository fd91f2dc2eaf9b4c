"""The worker's side of a run: claim it by compare-and-swap, say that it is alive, and end it.

One lifecycle for training and generation runs. Whoever holds the token runs it; every other write of a former
holder raises ClaimLost and changes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.audit.services import record
from apps.registry.models import GenerationRun
from apps.registry.run import FailureKind, Run, RunState

from ..models import TrainingRun
from .bell import ring_loop_of

STALE = timedelta(seconds=60)
ATTEMPTS_MAX = 5
TEXT_MAX = 4_000


class ClaimLost(Exception):
    """Another worker runs it, or it is over: record nothing more."""


class DatabaseAway(Exception):
    """The database did not answer, so nothing was recorded. Ask again."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one run. `program` is the module below `workers.rlhf` that does it."""

    model: type[Run]
    uid: UUID
    token: UUID
    program: str


def training_claim(*, uid: Any, worker: str) -> Claim | None:
    """Take a queued training run; None when it is taken or over: then this delivery of the message does nothing."""
    token = _claim(TrainingRun, uid, worker)
    return Claim(TrainingRun, UUID(str(uid)), token, TrainingRun.objects.get(uid=uid).kind) if token else None


def generation_claim(*, uid: Any, worker: str) -> Claim | None:
    """Take a queued generation run, as `training_claim` does."""
    token = _claim(GenerationRun, uid, worker)
    return Claim(GenerationRun, UUID(str(uid)), token, "generate") if token else None


def _claim(model: type[Run], uid: Any, worker: str) -> UUID | None:
    """One UPDATE decides: of several workers at once PostgreSQL lets one see the row still queued."""
    now, token = timezone.now(), uuid4()
    taken = model._default_manager.filter(uid=uid, state=RunState.QUEUED).update(
        state=RunState.RUNNING, claim_token=token, heartbeat_at=now, worker=worker[:200], attempt=F("attempt") + 1,
        started_at=Coalesce("started_at", now),
    )  # fmt: skip
    return token if taken else None


@contextmanager
def held(claim: Claim) -> Iterator[Any]:
    """The claimed row, locked, in a transaction. Raises ClaimLost where it is not ours any more."""
    with reached(), transaction.atomic():
        rows = claim.model._default_manager.select_for_update(no_key=True, of=("self",)).select_related("project")
        run = rows.filter(uid=claim.uid, claim_token=claim.token, state=RunState.RUNNING).first()
        if run is None:
            raise ClaimLost(str(claim.uid))
        yield run


@contextmanager
def reached() -> Iterator[None]:
    """Raise DatabaseAway where the database does not answer; the next try gets a fresh connection."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if not connection.in_atomic_block:
            connection.close()
        raise DatabaseAway(str(error)) from error


def claim_fail(claim: Claim, kind: str, text: str) -> None:
    """The run failed, and why. Its folder stays, so that it may be resumed."""
    kind = kind if kind in FailureKind.values else FailureKind.ERROR
    with held(claim) as run:
        run_ended(run, RunState.FAILED, failure_kind=kind, failure=_clean(text) or FailureKind(kind).label)
        record(actor=None, verb="run.failed", target=run, kind=kind)


def claim_cancelled(claim: Claim) -> None:
    """The program has ended because somebody asked for it."""
    with held(claim) as run:
        run_ended(run, RunState.CANCELLED)


def claim_release(claim: Claim, notice: str, *, counted: bool) -> None:
    """Back to the queue: the program ended with a checkpoint. `counted` is False where this worker asked it to.

    Where somebody has asked to cancel meanwhile, it is cancelled; after ATTEMPTS_MAX counted attempts it fails.
    """
    with held(claim) as run:
        run_requeued(run, notice, counted=counted)


def run_requeued(run: Any, notice: str, *, counted: bool) -> None:
    """A locked running row that goes on later. Used by its worker, and by the reaper for a worker that is gone."""
    if run.cancel_requested_at:
        run_ended(run, RunState.CANCELLED)
        return
    if counted and run.attempt >= ATTEMPTS_MAX:
        text = f"Given up after {run.attempt} attempts. The last one: {_clean(notice)}"
        run_ended(run, RunState.FAILED, failure_kind=FailureKind.WORKER_LOST, failure=text)
        record(actor=None, verb="run.failed", target=run, kind=run.failure_kind)
        return
    run.state, run.claim_token, run.notice = RunState.QUEUED, None, _clean(notice)
    run.attempt -= not counted
    run.save(update_fields=["state", "claim_token", "notice", "attempt"])


def run_ended(run: Any, state: str, **fields: Any) -> None:
    """A locked running row that is over. A done one freezes, so everything is written in one statement."""
    ending = {"state": state, "claim_token": None, "finished_at": timezone.now(), **fields}
    for name, value in ending.items():
        setattr(run, name, value)
    run.save(update_fields=list(ending))
    ring_loop_of(run)


def _clean(text: str) -> str:
    """What a text column can hold."""
    return text.replace("\x00", "�")[:TEXT_MAX]
