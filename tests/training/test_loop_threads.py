"""Two at once: the constraint, the row locks, and the turn that comes out once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.domain.errors import DomainError
from apps.datasets.models import DatasetSnapshot
from apps.labeling.models import Task
from apps.registry.models import GenerationRun
from apps.training.models import LoopRun, RetrainPolicy, TrainingRun
from apps.training.services import loop_stations
from apps.training.services.loop import loop_advance, loop_cancel, loop_resume, loop_start
from apps.training.services.retrain import retrain_check, retrain_policy_set
from tests.labeling.test_queue_threads import in_threads
from tests.training.test_candidate_threads import SOON, Pause, elsewhere
from tests.training.turn import build_snapshots, finish, go_on, ready_to_turn, started, waiting_runs

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_four_who_start_one_turn_begins(cast):
    ready_to_turn(cast)

    def start(_: int) -> str:
        try:
            loop_start(actor=None, project=cast.project)
        except DomainError as error:
            return error.code
        return "started"

    assert sorted(in_threads(start, range(4))) == ["loop_running"] * 3 + ["started"]
    assert LoopRun.objects.count() == 1
    assert DatasetSnapshot.objects.count() == 4


def test_four_workers_advance_one_turn_and_begin_everything_once(cast):
    loop = started(cast)
    build_snapshots(loop)
    for _ in range(5):
        in_threads(lambda _: loop_advance(uid=loop.uid), range(4))
        loop_advance(uid=loop.uid)  # what beat's next look does for a ring that met a locked row
        for run in waiting_runs(loop):
            finish(run)
    loop.refresh_from_db()

    assert loop.state == "done"
    assert (TrainingRun.objects.count(), GenerationRun.objects.count()) == (3, 2)
    assert Task.objects.filter(kind="rank", state="open").count() == loop.tasks_created == 4


def test_while_replies_are_mixed_nobody_waits_and_nobody_mixes_them_too(cast, monkeypatch):
    loop = started(cast)
    build_snapshots(loop)
    go_on(loop, until="policy_generation")
    for run in waiting_runs(loop):
        finish(run)
    pause = Pause(monkeypatch, loop_stations, "mixes_of")
    with ThreadPoolExecutor(2) as pool:
        first = elsewhere(pool, lambda: loop_advance(uid=loop.uid))
        try:
            assert pause.inside.wait(SOON)
            assert elsewhere(pool, lambda: loop_advance(uid=loop.uid)).result(SOON) is False
            elsewhere(pool, lambda: loop_cancel(actor=None, loop=loop)).result(SOON)
        finally:
            pause.go_on.set()
        assert first.result(SOON) is False
    assert pause.in_transaction == [False]
    loop.refresh_from_db()
    assert (loop.state, loop.tasks_created) == ("cancelled", None)
    assert not Task.objects.filter(kind="rank", state="open").exists()

    loop_resume(actor=None, loop=loop)
    assert loop_advance(uid=loop.uid)
    loop.refresh_from_db()
    assert (loop.state, loop.tasks_created) == ("done", 4)


def test_a_row_that_another_worker_holds_is_left_alone(cast):
    loop = started(cast)
    build_snapshots(loop)
    with transaction.atomic():
        LoopRun.objects.select_for_update().get(pk=loop.pk)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_in_own_connection, loop.uid).result(timeout=60) is False
    assert not TrainingRun.objects.exists()
    assert loop_advance(uid=loop.uid) is True
    assert TrainingRun.objects.count() == 1


def _in_own_connection(uid) -> bool:
    try:
        return loop_advance(uid=uid)
    finally:
        connection.close()


def test_of_four_who_look_and_one_who_starts_by_hand_one_turn_begins(cast):
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, enabled=True, every_comparisons=1)

    def look(number: int) -> bool:
        try:
            return bool(retrain_check() if number else loop_start(actor=None, project=cast.project))
        except DomainError:
            return False

    assert sum(in_threads(look, range(5))) == 1
    loop = LoopRun.objects.get()
    assert loop.comparisons_seen == 2
    assert RetrainPolicy.objects.get().refusal == ""
    # While it runs, and once it is over, nothing new is due.
    assert retrain_check() == 0
    LoopRun.objects.update(state="cancelled", finished_at=timezone.now() + timedelta(seconds=1))
    assert retrain_check() == 0
