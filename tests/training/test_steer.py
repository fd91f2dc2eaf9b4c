"""Cancelling and resuming, in every state."""

import pytest

from apps.core.domain.errors import Conflict
from apps.training.models import LoopRun, TrainingRun
from apps.training.services import bell, steer
from apps.training.services.claim import claim_fail, training_claim
from apps.training.services.steer import run_cancel, run_resume
from tests.training.rails import launch_pretrain, make_model


def test_a_waiting_run_is_cancelled_at_once(cast):
    run = run_cancel(actor=cast.manager.user, run=launch_pretrain(cast.project))
    assert (run.state, run.cancel_requested_at) == ("cancelled", None)
    assert run.finished_at is not None
    with pytest.raises(Conflict, match="cancelled already"):
        run_cancel(actor=None, run=run)


def test_a_running_run_is_asked_to_end_once(cast):
    run = launch_pretrain(cast.project)
    assert training_claim(uid=run.uid, worker="w")
    asked = run_cancel(actor=None, run=run)
    assert asked.state == "running"
    assert run_cancel(actor=None, run=run).cancel_requested_at == asked.cancel_requested_at is not None


def test_a_failed_run_goes_on(cast, monkeypatch):
    run = launch_pretrain(cast.project)
    claim = training_claim(uid=run.uid, worker="w")
    claim_fail(claim, "killed", "Killed.")
    rings = []
    monkeypatch.setattr(steer, "ring_for", lambda run: rings.append(run.uid))
    resumed = run_resume(actor=cast.researcher.user, run=run)
    assert (resumed.state, resumed.failure, resumed.failure_kind, resumed.attempt) == ("queued", "", "", 0)
    assert resumed.finished_at is None
    assert rings == [run.uid]
    assert training_claim(uid=run.uid, worker="w")


def test_only_what_failed_or_was_cancelled_is_resumed(cast):
    run = launch_pretrain(cast.project)
    with pytest.raises(Conflict, match="The run is queued"):
        run_resume(actor=None, run=run)
    training_claim(uid=run.uid, worker="w")
    with pytest.raises(Conflict, match="The run is running"):
        run_resume(actor=None, run=run)


def test_a_run_is_not_resumed_beside_its_twin(cast):
    cancelled = run_cancel(actor=None, run=launch_pretrain(cast.project))
    twin = launch_pretrain(cast.project)
    with pytest.raises(Conflict, match="asked the same is unfinished"):
        run_resume(actor=None, run=cancelled)
    run_cancel(actor=None, run=twin)
    assert run_resume(actor=None, run=cancelled).state == "queued"


def test_the_end_of_a_run_calls_its_projects_loop(cast, monkeypatch):
    rings = []
    monkeypatch.setattr(bell, "ring_on_commit", lambda name, uid: rings.append((name, uid)))
    loop = LoopRun.objects.create(
        project=cast.project, trigger="hand", reason="why not", base_model=make_model(None, "base"),
        prompts_wanted=1, comparisons_seen=0,
    )  # fmt: skip
    run = launch_pretrain(cast.project)
    run_cancel(actor=None, run=run)
    assert rings == [("training.advance", loop.uid)]
    assert TrainingRun.objects.get().state == "cancelled"
