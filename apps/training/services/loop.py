"""A turn of the loop: SFT, reward model, PPO, candidates, tasks. The row says how far it is; the rules are `domain.loop`."""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.conflicts import conflict_where
from apps.core.domain.errors import Conflict, DomainError
from apps.core.ring import ring_on_commit
from apps.projects.models import Project
from apps.registry.models import ModelVersion
from apps.registry.run import RunState

from ..domain.loop import SNAPSHOTS, Begin, Finish, Progress, Station, Stop, next_step, sft_settings
from ..domain.specs import RewardSpec, SftSpec
from ..models import LoopRun
from ..selectors.runs import policy_of
from .alone import alone
from .bell import ADVANCE
from .candidate_tasks import Mixes
from .loop_material import parse_specs, require_base, require_comparisons, require_demonstrations
from .loop_stations import RUNS, facts_of, replies_mixed, station_begin
from .places import previous_reward_model
from .steer import run_cancel, run_resume

logger = logging.getLogger(__name__)
State = LoopRun.State
# Everything that a step looks at, in one query.
_ROWS = (
    "project", "requested_by", "base_model", *(station.value for station in SNAPSHOTS),
    *(station.value for station in RUNS), "sft_run__output_model", "reward_run__output_model", "ppo_run__output_model",
)  # fmt: skip


@transaction.atomic
def loop_start(
    *,
    actor: User | None,
    project: Project,
    trigger: str = LoopRun.Trigger.HAND,
    reason: str | None = None,
    base_model: ModelVersion | None = None,
) -> LoopRun:
    """A turn by the project's retrain policy, its snapshots asked for.

    Raises Conflict while another runs, and RuleBroken where there is too little to learn from, or no base.
    """
    policy = policy_of(project)
    _require_idle(project)
    specs = parse_specs(policy.specs)
    base = require_base(project, base_model or policy.base_model)
    assert isinstance(specs["sft"], SftSpec)
    assert isinstance(specs["reward"], RewardSpec)
    learning, _ = sft_settings(specs["sft"].to_json(), has_reward_model=previous_reward_model(project) is not None)
    require_demonstrations(project, learning["select"])
    comparisons = require_comparisons(project, specs["reward"])
    with conflict_where("loop_one_at_a_time", _busy()):
        loop = LoopRun.objects.create(
            project=project, trigger=trigger, reason=reason or _by_hand(actor), requested_by=actor, base_model=base,
            specs=policy.specs, prompts_wanted=policy.prompts_per_loop, comparisons_seen=comparisons,
        )  # fmt: skip
    record(actor=actor, verb="loop.started", target=loop, trigger=trigger, reason=loop.reason)
    for station in SNAPSHOTS:
        station_begin(loop, station)
    return loop


def _require_idle(project: Project) -> None:
    """Said before anything is counted; the constraint is the referee."""
    if LoopRun.objects.filter(project=project, state=State.RUNNING).exists():
        raise _busy()


def _busy() -> Conflict:
    return Conflict("A turn of the loop is running in this project: let it end, or cancel it.", code="loop_running")


def _by_hand(actor: User | None) -> str:
    return "Started by hand." if actor is None else f"Started by {actor.name or actor.email}."[:300]


def loop_advance(*, uid: Any) -> bool:
    """Do what is due in that turn, if anything is. False where it is over, or in another worker's hands just now.

    Harmless however often it is called: a station is begun only while the locked row does not point to it.
    """
    with alone(ADVANCE, uid) as mine:
        return mine and _advance(uid, _mixed(uid))


def _mixed(uid: Any) -> Mixes | None:
    """What the turn's tasks are to be made of, where they are due.

    What done runs wrote stays as it is, so nothing is held while their replies are mixed: that takes milliseconds a prompt.
    """
    loop = LoopRun.objects.select_related(*_ROWS).filter(uid=uid, state=State.RUNNING).first()
    step = next_step(facts_of(loop)) if loop else None
    return replies_mixed(loop) if loop and isinstance(step, Begin) and Station.TASKS in step.stations else None


@transaction.atomic
def _advance(uid: Any, mixes: Mixes | None) -> bool:
    free = LoopRun.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    loop = free.select_related(*_ROWS).filter(uid=uid, state=State.RUNNING).first()
    if loop is None:
        return False
    step = next_step(facts_of(loop))
    while isinstance(step, Begin):
        for station in step.stations:
            if station == Station.TASKS and mixes is None:
                return True  # a run ended since they were looked for: the next look mixes
            if refusal := _begun_or_refused(loop, station, mixes):
                _end(loop, State.FAILED, refusal)
                return True
        step = next_step(facts_of(loop))
    if isinstance(step, Stop):
        _end(loop, State.FAILED if step.state == Progress.FAILED else State.CANCELLED, step.sentence)
    elif isinstance(step, Finish):
        _end(loop, State.DONE)
    return True


def _begun_or_refused(loop: LoopRun, station: Station, mixes: Mixes | None) -> str:
    """A sentence where a rule forbids the station: what it needs has changed since the turn started."""
    try:
        with transaction.atomic():
            station_begin(loop, station, mixes)
    except DomainError as error:
        return f"The {station.label} could not be started: {error.message}"
    return ""


def _end(loop: LoopRun, state: str, sentence: str = "") -> None:
    loop.state, loop.failure, loop.finished_at = state, sentence, timezone.now()
    loop.save(update_fields=["state", "failure", "finished_at"])
    record(actor=None, verb=f"loop.{state}", target=loop, tasks=loop.tasks_created, why=sentence)
    if state == State.FAILED:
        logger.warning("loop %s of %s failed: %s", loop.uid, loop.project.slug, sentence)


@transaction.atomic
def loop_cancel(*, actor: User | None, loop: LoopRun) -> LoopRun:
    """Stop the turn and whatever run of it is unfinished. Raises Conflict where it is over."""
    loop = _locked(loop)
    if loop.state != State.RUNNING:
        raise Conflict(f"This turn of the loop is {loop.state} already.", code="loop_is_over")
    for run in _runs(loop):
        if not run.is_over:
            run_cancel(actor=actor, run=run)
    loop.state, loop.finished_at = State.CANCELLED, timezone.now()
    loop.failure = f"Cancelled by {actor.name or actor.email}." if actor else "Cancelled."
    loop.save(update_fields=["state", "failure", "finished_at"])
    record(actor=actor, verb="loop.cancelled", target=loop)
    return loop


@transaction.atomic
def loop_resume(*, actor: User | None, loop: LoopRun) -> LoopRun:
    """A failed or cancelled turn goes on where it stopped: its ended runs are resumed, failed snapshots asked for again.

    Raises Conflict where it is neither, where a run of it is still being cancelled, or another turn runs.
    """
    loop = _locked(loop)
    if loop.state not in (State.FAILED, State.CANCELLED):
        raise Conflict(
            f"This turn of the loop is {loop.state}: only a failed or cancelled one goes on.", code="loop_on"
        )
    was, loop.state, loop.failure, loop.finished_at = loop.state, State.RUNNING, "", None
    failed = [station for station in SNAPSHOTS if facts_of(loop)[station].progress == Progress.FAILED]
    for station in failed:
        setattr(loop, station.value, None)
    with conflict_where("loop_one_at_a_time", _busy()):
        loop.save(update_fields=["state", "failure", "finished_at", *(station.value for station in failed)])
    for run in _runs(loop):
        if not run.is_over and run.cancel_requested_at:
            raise Conflict("A run of this turn is still being cancelled: wait until it has ended.", code="run_ending")
        if run.state in (RunState.FAILED, RunState.CANCELLED):
            run_resume(actor=actor, run=run)
    record(actor=actor, verb="loop.resumed", target=loop, was=was)
    ring_on_commit(ADVANCE, loop.uid)
    return loop


def loops_advance() -> int:
    """Advance every turn that runs, each in a transaction of its own. How many there were."""
    uids = list(LoopRun.objects.filter(state=State.RUNNING).values_list("uid", flat=True))
    for uid in uids:
        loop_advance(uid=uid)
    return len(uids)


def _runs(loop: LoopRun) -> list[Any]:
    return [run for station in RUNS if (run := getattr(loop, station.value)) is not None]


def _locked(loop: LoopRun) -> LoopRun:
    return LoopRun.objects.select_for_update(no_key=True).get(pk=loop.pk)
