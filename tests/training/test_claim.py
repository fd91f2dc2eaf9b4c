"""One lifecycle for both kinds of run: claim, heartbeat, end, and what happens to whoever is too late."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, OperationalError
from django.utils import timezone

from apps.registry.models import GenerationRun
from apps.training.domain.metrics import StepMetrics
from apps.training.models import RunMetric, TrainingRun
from apps.training.services import reap
from apps.training.services.claim import (
    ATTEMPTS_MAX,
    STALE,
    Claim,
    ClaimLost,
    DatabaseAway,
    claim_cancelled,
    claim_fail,
    claim_release,
    generation_claim,
    held,
    training_claim,
)
from apps.training.services.launch import generation_launch
from apps.training.services.progress import claim_progress
from apps.training.services.reap import runs_requeue
from apps.training.services.steer import run_cancel
from tests.training.rails import launch_pretrain, make_model, prompts


@pytest.fixture(params=["training", "generation"])
def run(request, cast):
    """The same is true of both."""
    if request.param == "training":
        return launch_pretrain(cast.project)
    return generation_launch(
        actor=None, project=cast.project, spec={}, model_version=make_model(cast.project), snapshot=prompts(cast)
    )


def claim_of(run) -> Claim:
    take = training_claim if isinstance(run, TrainingRun) else generation_claim
    claim = take(uid=run.uid, worker="here")
    assert claim
    run.refresh_from_db()
    return claim


def go_quiet(run) -> None:
    type(run).objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - STALE - timedelta(seconds=1))


def test_a_claim_is_one_workers(run):
    claim = claim_of(run)
    assert (run.state, run.claim_token, run.worker, run.attempt) == ("running", claim.token, "here", 1)
    assert claim.program == ("pretrain" if isinstance(run, TrainingRun) else "generate")
    assert run.started_at is not None
    take = training_claim if isinstance(run, TrainingRun) else generation_claim
    assert take(uid=run.uid, worker="there") is None
    assert take(uid=uuid4(), worker="there") is None


def test_what_is_over_is_not_claimed(run):
    run_cancel(actor=None, run=run)
    assert training_claim(uid=run.uid, worker="w") is None
    assert generation_claim(uid=run.uid, worker="w") is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_it(cast):
    run = launch_pretrain(cast.project)
    together, claims = threading.Barrier(8, timeout=60), []

    def work(name: str) -> None:
        together.wait()
        claims.append(training_claim(uid=run.uid, worker=name))
        connection.close()

    threads = [threading.Thread(target=work, args=[f"w{number}"]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (winner,) = [claim for claim in claims if claim]
    run.refresh_from_db()
    assert (len(claims), run.attempt, run.claim_token) == (8, 1, winner.token)


def test_progress_is_kept_once(run):
    claim = claim_of(run)
    before = run.heartbeat_at
    steps = [StepMetrics(1, 10, {"loss": 2.0}), StepMetrics(2, 10, {"loss": 1.0, "lr": 0.1})]
    for _ in range(2):
        assert claim_progress(claim, steps=steps, log_tail="step 2\x00") is False
    run.refresh_from_db()
    assert (run.step, run.steps_total, run.log_tail) == (2, 10, "step 2�")
    assert run.heartbeat_at > before
    kept = set(RunMetric.objects.values_list("name", "step", "value"))
    assert kept == ({("loss", 1, 2.0), ("loss", 2, 1.0), ("lr", 2, 0.1)} if isinstance(run, TrainingRun) else set())


def test_a_silent_heartbeat_changes_nothing_else(run):
    claim = claim_of(run)
    claim_progress(claim, steps=[StepMetrics(3, None, {})], log_tail="so far", notice="Hm.")
    claim_progress(claim)
    run.refresh_from_db()
    assert (run.step, run.steps_total, run.log_tail, run.notice) == (3, None, "so far", "Hm.")


def test_a_step_beyond_the_total_loses_nothing(run):
    claim_progress(claim_of(run), steps=[StepMetrics(12, 10, {})])
    run.refresh_from_db()
    assert (run.step, run.steps_total) == (12, 12)


def test_a_wish_to_cancel_is_heard_at_the_next_heartbeat(run):
    claim = claim_of(run)
    run_cancel(actor=None, run=run)
    assert claim_progress(claim) is True
    claim_cancelled(claim)
    run.refresh_from_db()
    assert (run.state, run.claim_token) == ("cancelled", None)
    assert run.finished_at is not None


def test_a_failure_says_why(run):
    claim = claim_of(run)
    claim_fail(claim, "diverged", "loss was \x00inf.")
    run.refresh_from_db()
    assert (run.state, run.failure_kind, run.failure) == ("failed", "diverged", "loss was �inf.")


@pytest.mark.parametrize(("kind", "text", "kept"), [("nonsense", "?", ("error", "?")), ("disk", "", ("disk", "the disk is full"))])  # fmt: skip
def test_a_failure_without_words_has_those_of_its_kind(run, kind, text, kept):
    claim_fail(claim_of(run), kind, text)
    run.refresh_from_db()
    assert (run.failure_kind, run.failure) == kept


def test_whoever_is_too_late_changes_nothing(run):
    late = claim_of(run)
    claim_release(late, "Stopped.", counted=True)
    now = claim_of(run)
    assert now.token != late.token
    writes = [
        lambda: claim_progress(late), lambda: claim_fail(late, "error", "Late."), lambda: claim_cancelled(late),
        lambda: claim_release(late, "Late.", counted=True),
    ]  # fmt: skip
    for write in writes:
        with pytest.raises(ClaimLost):
            write()
    run.refresh_from_db()
    assert (run.state, run.claim_token, run.notice, run.attempt) == ("running", now.token, "Stopped.", 2)


def test_a_stopped_workers_attempt_does_not_count(run):
    for _ in range(ATTEMPTS_MAX + 2):
        claim_release(claim_of(run), "The worker was stopped.", counted=False)
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("queued", 0)


def test_a_run_that_is_interrupted_again_and_again_is_given_up(run):
    for _ in range(ATTEMPTS_MAX):
        claim_release(claim_of(run), "Interrupted.", counted=True)
    run.refresh_from_db()
    assert (run.state, run.failure_kind) == ("failed", "worker-lost")
    assert run.failure == "Given up after 5 attempts. The last one: Interrupted."


def test_a_released_run_that_somebody_cancelled_is_cancelled(run):
    claim = claim_of(run)
    run_cancel(actor=None, run=run)
    claim_release(claim, "Stopped.", counted=False)
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_the_first_start_is_remembered(run):
    claim = claim_of(run)
    first = run.started_at
    claim_release(claim, "Stopped.", counted=False)
    claim_of(run)
    assert run.started_at == first


def test_the_reaper_takes_what_nobody_speaks_for_and_rings(run, monkeypatch):
    rings = []
    monkeypatch.setattr(reap, "ring_again", lambda name, uids: rings.extend((name, uid) for uid in uids))
    claim_of(run)
    assert runs_requeue() == 0  # it is alive
    go_quiet(run)
    assert runs_requeue() == 1
    run.refresh_from_db()
    assert (run.state, run.claim_token) == ("queued", None)
    assert (
        run.notice
        == "Its worker here was not heard of for 60 seconds: queued again, to go on from its last checkpoint."
    )
    assert rings == [("workers.train" if isinstance(run, TrainingRun) else "workers.generate", run.uid)]


def test_a_run_that_takes_every_worker_with_it_fails(run):
    for _ in range(ATTEMPTS_MAX):
        claim_of(run)
        go_quiet(run)
        runs_requeue()
    run.refresh_from_db()
    assert (run.state, run.failure_kind) == ("failed", "worker-lost")
    assert "Given up after 5 attempts. The last one: Its worker here" in run.failure


def test_a_quiet_run_that_was_to_be_cancelled_is(run):
    claim_of(run)
    run_cancel(actor=None, run=run)
    go_quiet(run)
    assert runs_requeue() == 0
    run.refresh_from_db()
    assert run.state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_writing_is_not_reaped(cast):
    """However old its heartbeat: it holds the row, as while it stores a large result."""
    run = launch_pretrain(cast.project)
    claim = training_claim(uid=run.uid, worker="w")
    go_quiet(run)
    inside, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with held(claim):
            inside.set()
            assert go_on.wait(60)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert inside.wait(60)
    assert runs_requeue() == 0
    go_on.set()
    thread.join(60)
    run.refresh_from_db()
    assert run.state == "running"
    assert runs_requeue() == 1


def test_a_database_that_does_not_answer_is_said_so(cast, monkeypatch):
    claim = claim_of(launch_pretrain(cast.project))

    def gone(*_given, **_more):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(TrainingRun._default_manager, "select_for_update", gone)
    with pytest.raises(DatabaseAway, match="server closed the connection"):
        claim_progress(claim)


BROKEN = [
    ({"state": "running"}, "running_has_a_claim"),
    ({"claim_token": uuid4()}, "running_has_a_claim"),
    ({"state": "failed", "finished_at": timezone.now()}, "failed_says_why"),
    ({"failure": "?", "failure_kind": "error"}, "failed_says_why"),
    ({"state": "cancelled"}, "ended_has_a_time"),
    ({"finished_at": timezone.now()}, "ended_has_a_time"),
    ({"step": 3, "steps_total": 2}, "step_within_total"),
    ({"state": "asleep"}, "ended_has_a_time"),  # of the two constraints that it breaks, the first by name
]


@pytest.mark.parametrize(("fields", "constraint"), BROKEN, ids=[f"{'+'.join(one)}" for one, _ in BROKEN])
def test_the_database_refuses_half_a_state(run, fields, constraint):
    with pytest.raises(IntegrityError, match=f"{type(run).__name__.lower()}_{constraint}"), transaction.atomic():
        type(run).objects.filter(pk=run.pk).update(**fields)


def test_the_database_knows_when_a_training_run_is_whole(cast):
    run = launch_pretrain(cast.project)
    rows = TrainingRun.objects.filter(pk=run.pk)
    with pytest.raises(IntegrityError, match="training_done_has_a_model"), transaction.atomic():
        rows.update(state="done", finished_at=timezone.now())
    with pytest.raises(IntegrityError, match="training_done_has_a_model"), transaction.atomic():
        rows.update(output_model=make_model(cast.project))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(spec={})
    with pytest.raises(IntegrityError, match="training_unfinished_once"), transaction.atomic():
        TrainingRun.objects.create(
            project=cast.project, kind="pretrain", spec={}, spec_sha256=run.spec_sha256, model_name="x"
        )


def test_the_database_refuses_two_unfinished_generations_of_one_spec(cast):
    run = generation_launch(
        actor=None, project=cast.project, spec={}, model_version=make_model(cast.project), snapshot=prompts(cast)
    )
    with pytest.raises(IntegrityError, match="generation_unfinished_once"), transaction.atomic():
        GenerationRun.objects.create(
            project=cast.project, spec={}, spec_sha256=run.spec_sha256, model_version=run.model_version
        )


def test_the_database_keeps_a_metric_once(cast):
    run = launch_pretrain(cast.project)
    RunMetric.objects.create(run=run, name="loss", step=1, value=1.0)
    with pytest.raises(IntegrityError, match="metric_once"), transaction.atomic():
        RunMetric.objects.create(run=run, name="loss", step=1, value=2.0)
