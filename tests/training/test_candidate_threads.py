"""A set of candidates becomes tasks while people work on, cancel it and ring again: all of them once, or none."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from apps.labeling.models import Task
from apps.training.models import CandidateFinding, CandidateSet
from apps.training.services import candidate_sets, candidate_tasks
from apps.training.services.candidate_sets import (
    candidate_set_advance,
    candidate_set_cancel,
    candidate_set_resume,
    candidate_set_start,
)
from tests.backends import wait_until_ended
from tests.cast import Cast
from tests.labeling.test_queue_threads import in_threads
from tests.training.rails import make_model, prompts
from tests.training.turn import finish

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 60
PROMPTS = 5


def elsewhere(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Future[Any]:
    """In a thread and a connection of its own."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return pool.submit(run)


@pytest.fixture
def written(cast: Cast) -> CandidateSet:
    """Both models have answered; of each answer's first sample there is something to be said."""
    models = [(make_model(cast.project), 1) for _ in range(2)]
    found = candidate_set_start(
        actor=None, project=cast.project, models=models, snapshot=prompts(cast, PROMPTS), k=4
    )  # fmt: skip
    for source in found.sources.select_related("run"):
        finish(source.run, lambda run, place, sample: f"{run.pk} says {sample} to {place}" if sample else "")
    return found


def made() -> tuple[int, int]:
    return Task.objects.filter(kind="rank").count(), CandidateFinding.objects.count()


WHOLE = (PROMPTS, 2 * PROMPTS)  # tasks, findings


class Pause:
    """Holds a function of a module once it has done its work, until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        self.inside, self.go_on = threading.Event(), threading.Event()
        self.in_transaction: list[bool] = []
        truly = getattr(module, name)

        def slowly(*given: Any, **named: Any) -> Any:
            answer = truly(*given, **named)
            self.in_transaction.append(connection.in_atomic_block)
            self.inside.set()
            assert self.go_on.wait(SOON)
            return answer

        monkeypatch.setattr(module, name, slowly)


def test_while_replies_are_mixed_nobody_waits_and_nobody_mixes_them_too(
    written: CandidateSet, monkeypatch: pytest.MonkeyPatch
):
    pause = Pause(monkeypatch, candidate_sets, "mixes_of")
    with ThreadPoolExecutor(2) as pool:
        first = elsewhere(pool, lambda: candidate_set_advance(uid=written.uid))
        try:
            assert pause.inside.wait(SOON)
            assert elsewhere(pool, lambda: candidate_set_advance(uid=written.uid)).result(SOON) is False
            cancelled = elsewhere(pool, lambda: candidate_set_cancel(actor=None, candidate_set=written)).result(SOON)
        finally:
            pause.go_on.set()
        assert first.result(SOON)
    assert pause.in_transaction == [False]
    assert cancelled.state == "cancelled"
    written.refresh_from_db()
    assert (written.state, written.tasks_created, made()) == ("cancelled", None, (0, 0))

    candidate_set_resume(actor=None, candidate_set=written)
    assert candidate_set_advance(uid=written.uid)
    written.refresh_from_db()
    assert (written.state, written.tasks_created, made()) == ("done", PROMPTS, WHOLE)


def test_nobody_sees_some_of_the_tasks(written: CandidateSet, monkeypatch: pytest.MonkeyPatch):
    pause = Pause(monkeypatch, candidate_tasks, "tasks_make")
    with ThreadPoolExecutor(2) as pool:
        making = elsewhere(pool, lambda: candidate_set_advance(uid=written.uid))
        try:
            assert pause.inside.wait(SOON)
            assert elsewhere(pool, made).result(SOON) == (0, 0)
        finally:
            pause.go_on.set()
        assert making.result(SOON)
    assert made() == WHOLE


@pytest.mark.parametrize(
    ("module", "name"),
    [(candidate_sets, "mixes_of"), (candidate_tasks, "tasks_make"), (candidate_tasks, "_keep"), (candidate_sets, "_end")],
)  # fmt: skip
def test_a_worker_that_goes_amid_it_leaves_nothing_and_the_next_makes_all(
    written: CandidateSet, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
):
    """Its connection closes, and with it goes whatever it held."""
    truly = getattr(module, name)
    backends: list[int] = []

    def dies(*given: Any, **named: Any) -> Any:
        truly(*given, **named)
        backends.append(connection.connection.info.backend_pid)
        connection.connection.close()
        raise SystemExit

    with monkeypatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setattr(module, name, dies)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - what a broken connection raises matters to nobody
            elsewhere(pool, lambda: candidate_set_advance(uid=written.uid)).result(SOON)
    wait_until_ended(backends)
    written.refresh_from_db()
    assert (written.state, made()) == ("running", (0, 0))

    assert candidate_set_advance(uid=written.uid)
    assert made() == WHOLE


def test_many_rings_at_once_make_them_once(written: CandidateSet):
    in_threads(lambda _: candidate_set_advance(uid=written.uid), range(6))
    written.refresh_from_db()
    assert (written.state, written.tasks_created, made()) == ("done", PROMPTS, WHOLE)
