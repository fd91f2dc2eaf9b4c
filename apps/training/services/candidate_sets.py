"""A set of candidates: one run a model over the same prompts, then ranking tasks of the mix. The row says how far it is."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.conflicts import conflict_where
from apps.core.domain.canonical import content_hash
from apps.core.domain.errors import Conflict, DomainError, RuleBroken
from apps.core.domain.ranking import K_MAX, K_MIN
from apps.core.ring import ring_on_commit
from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.prompts.domain.hygiene import parse_rules
from apps.registry.models import GenerationRun, ModelVersion
from apps.registry.run import RunState

from ..domain.candidates import samples_each
from ..domain.specs import parse_spec
from ..models import CandidateSet, CandidateSource, LoopRun
from .alone import alone
from .bell import ADVANCE_SET
from .candidate_tasks import Mixes, mixes_of, tasks_of_the_mixes
from .inputs import require_reason, require_writer
from .launch import generation_launch
from .places import with_places
from .steer import run_cancel, run_resume

logger = logging.getLogger(__name__)
State = CandidateSet.State
MODELS_MAX, SHARE_MAX = 9, 9
ENDED_BADLY = (RunState.FAILED, RunState.CANCELLED)


def candidate_set_start(
    *,
    actor: User | None,
    project: Project,
    models: Sequence[tuple[ModelVersion, int]],
    snapshot: DatasetSnapshot,
    k: int | None = None,
    spec: Mapping[str, Any] | None = None,
    rules: Mapping[str, Any] | None = None,
    reason: str = "",
) -> CandidateSet:
    """Let each of `models` (and its share) answer the snapshot's prompts; a running set that was asked the same is given.

    `spec` holds settings of generate for all of them; without `samples` each model writes its share of `k` and two to
    spare. Raises RuleBroken.
    """
    k = project.candidates_per_task if k is None else k
    _require_mix(project, models, snapshot, k)
    kept = parse_rules(rules or {}).to_json()
    stated, why = dict(spec or {}), require_reason(reason)
    for model, _ in models:  # before anything is kept or hashed of what somebody typed
        parse_spec("generate", with_places("generate", stated, parent_model=model))
    sha256 = content_hash(
        {
            "models": [[str(model.uid), share] for model, share in models], "snapshot": str(snapshot.uid), "k": k,
            "spec": stated, "rules": kept,
        }
    )  # fmt: skip
    same = CandidateSet.objects.filter(project=project, sha256=sha256, state=State.RUNNING)
    if found := same.first():
        return found
    try:
        with (
            transaction.atomic(),
            conflict_where("candidate_set_running_once", Conflict("It has just been asked for.")),
        ):
            made = CandidateSet.objects.create(
                project=project, requested_by=actor, snapshot=snapshot, k=k, spec=stated, rules=kept, sha256=sha256,
                reason=why,
            )  # fmt: skip
            _launch(actor, made, models)
            record(actor=actor, verb="candidates.requested", target=made, models=len(models), k=k, reason=why)
            return made
    except Conflict:
        found = same.first()
        if found is None:  # it has ended since
            raise
        return found


def _launch(actor: User | None, made: CandidateSet, models: Sequence[tuple[ModelVersion, int]]) -> None:
    total = sum(share for _, share in models)
    # By age, so that two sets of the same models in another order never wait for each other.
    for place, (model, share) in sorted(enumerate(models), key=lambda one: one[1][0].pk):
        run = generation_launch(
            actor=actor, project=made.project, model_version=model, snapshot=made.snapshot,
            spec={"samples": samples_each(made.k, share, total), **made.spec},
            reason=f"Candidates of {len(models)} models: {made.reason}"[:300] if made.reason else "",
        )  # fmt: skip
        CandidateSource.objects.create(candidate_set=made, place=place, run=run, share=share)


def _require_mix(
    project: Project, models: Sequence[tuple[ModelVersion, int]], snapshot: DatasetSnapshot, k: int
) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or not K_MIN <= k <= K_MAX:
        raise RuleBroken(f"k: a task has {K_MIN} to {K_MAX} candidates, got {k!r}.", field="k")
    if not 1 <= len(models) <= min(k, MODELS_MAX):
        raise RuleBroken(f"models: 1 to {k} models write for tasks of {k}, got {len(models)}.", field="models")
    if len({model.pk for model, _ in models}) < len(models):
        raise RuleBroken("models: each model once; its share says how much of a task it writes.", field="models")
    for model, share in models:
        if isinstance(share, bool) or not isinstance(share, int) or not 1 <= share <= SHARE_MAX:
            raise RuleBroken(f"models: a share is 1 to {SHARE_MAX}, got {share!r}.", field="models")
        require_writer(project, model, snapshot)


def candidate_set_advance(*, uid: Any) -> bool:
    """Make the tasks when every run is done; end it when one ended badly. False where it is over, or in other hands.

    Harmless however often it is called, and wherever it is killed.
    """
    with alone(ADVANCE_SET, uid) as mine:
        found = _look(uid) if mine else None
        if found is None:
            return False
        sources = [(source.run, source.share) for source in _sources(found)]
        if found.state == State.RUNNING and all(run.state == RunState.DONE for run, _ in sources):
            _finish(found, sources)
        return True


@transaction.atomic
def _look(uid: Any) -> CandidateSet | None:
    """The running set, which it ends where one of its runs ended badly; None where it is over or somebody changes it."""
    found = _running(uid, skip_locked=True)
    if found is None:
        return None
    for source in _sources(found):
        run = source.run
        if run.state == RunState.FAILED:
            _end(found, State.FAILED, f"{run.model_version} could not write its candidates: {run.failure}")
            break
        if run.state == RunState.CANCELLED:
            _end(found, State.CANCELLED, f"The run of {run.model_version} was cancelled.")
            break
    return found


def _finish(found: CandidateSet, sources: Sequence[tuple[GenerationRun, int]]) -> None:
    """What a done run wrote stays as it is, so nothing is held while its replies are mixed: that may take minutes."""
    try:
        mixes = mixes_of(snapshot=found.snapshot, sources=sources, k=found.k, rules=parse_rules(found.rules))
        _make(found.uid, mixes)
    except DomainError as error:
        with transaction.atomic():
            if held := _running(found.uid):
                _end(held, State.FAILED, f"The tasks could not be made: {error.message}")


@transaction.atomic
def _make(uid: Any, mixes: Mixes) -> None:
    """All of its tasks and that it is done, or nothing where it was cancelled meanwhile."""
    if found := _running(uid):
        found.tasks_created = tasks_of_the_mixes(project=found.project, mixes=mixes, home=found)
        found.prompts_without_task = mixes.without
        _end(found, State.DONE)


def _running(uid: Any, *, skip_locked: bool = False) -> CandidateSet | None:
    """The set as it is now, held until the transaction ends; None where it does not run."""
    rows = CandidateSet.objects.select_for_update(no_key=True, skip_locked=skip_locked, of=("self",))
    return rows.select_related("project", "snapshot").filter(uid=uid, state=State.RUNNING).first()


def _end(found: CandidateSet, state: str, sentence: str = "") -> None:
    found.state, found.failure, found.finished_at = state, sentence, timezone.now()
    found.save(update_fields=["state", "failure", "finished_at", "tasks_created", "prompts_without_task"])
    record(actor=None, verb=f"candidates.{state}", target=found, tasks=found.tasks_created, why=sentence)


@transaction.atomic
def candidate_set_cancel(*, actor: User | None, candidate_set: CandidateSet) -> CandidateSet:
    """End it and its unfinished runs, but for those that others wait for. Raises Conflict where it is over."""
    found = _locked(candidate_set)
    if found.state != State.RUNNING:
        raise Conflict(f"This set of candidates is {found.state} already.", code="candidate_set_is_over")
    _end(found, State.CANCELLED, f"Cancelled by {actor.name or actor.email}." if actor else "Cancelled.")
    for run in _runs(found):
        if not run.is_over and not _is_waited_for(run):
            with suppress(Conflict):  # it ended just now
                run_cancel(actor=actor, run=run)
    return found


def _is_waited_for(run: GenerationRun) -> bool:
    """By another set, or by a turn of the loop that asked the same."""
    sets = CandidateSource.objects.filter(run=run, candidate_set__state=State.RUNNING)
    turns = LoopRun.objects.filter(Q(sft_generation=run) | Q(policy_generation=run), state=LoopRun.State.RUNNING)
    return sets.exists() or turns.exists()


@transaction.atomic
def candidate_set_resume(*, actor: User | None, candidate_set: CandidateSet) -> CandidateSet:
    """A failed or cancelled set goes on: runs that ended badly are resumed, the others' completions stay.

    Raises Conflict where it is neither, where a run is still being cancelled, or the same was asked for again.
    """
    found = _locked(candidate_set)
    if found.state not in (State.FAILED, State.CANCELLED):
        raise Conflict(
            f"This set of candidates is {found.state}: only a failed or cancelled one goes on.", code="candidate_set_on"
        )
    was, found.state, found.failure, found.finished_at = found.state, State.RUNNING, "", None
    again = Conflict("Another set that was asked the same is running.", code="candidate_set_again")
    with conflict_where("candidate_set_running_once", again):
        found.save(update_fields=["state", "failure", "finished_at"])
    for run in _runs(found):
        if not run.is_over and run.cancel_requested_at:
            raise Conflict("A run of this set is still being cancelled: wait until it has ended.", code="run_ending")
        if run.state in ENDED_BADLY:
            run_resume(actor=actor, run=run)
    record(actor=actor, verb="candidates.resumed", target=found, was=was)
    ring_on_commit(ADVANCE_SET, found.uid)
    return found


def candidate_sets_advance() -> int:
    """Advance every set that runs, each in a transaction of its own. How many there were."""
    uids = list(CandidateSet.objects.filter(state=State.RUNNING).values_list("uid", flat=True))
    for uid in uids:
        try:
            candidate_set_advance(uid=uid)
        except Exception:  # the others do not wait for a set that breaks
            logger.exception("candidates %s could not be advanced", uid)
    return len(uids)


def _sources(found: CandidateSet) -> list[CandidateSource]:
    rows = CandidateSource.objects.filter(candidate_set=found).order_by("place")
    return list(rows.select_related("run__model_version"))


def _runs(found: CandidateSet) -> list[GenerationRun]:
    """By age, the order in which they are locked: two sets may share them."""
    return sorted((source.run for source in _sources(found)), key=lambda run: run.pk)


def _locked(candidate_set: CandidateSet) -> CandidateSet:
    return CandidateSet.objects.select_for_update(no_key=True).get(pk=candidate_set.pk)
