"""A run that a worker has just claimed, and a supervisor in a hurry."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from apps.training.models import TrainingRun
from apps.training.services.claim import Claim, training_claim
from apps.training.services.workspace import Workspace, workspace_of
from launcher.leftovers import started_at
from tests.training.rails import launch_pretrain
from tests.workers.programs import pid_of, program
from workers.tasks.supervise import supervise
from workers.tasks.watch import Pace

PATIENCE = 120.0  # seconds, on a machine that may have other work
HURRY = Pace(look=0.05, beat=0.1, patience=PATIENCE, away=PATIENCE)


@dataclass
class Scene:
    run: TrainingRun
    claim: Claim
    place: Workspace

    def supervise(self, body: str, *, pace: Pace = HURRY, stopping: Callable[[], bool] = lambda: False) -> TrainingRun:
        supervise(self.claim, command=program(body), pace=pace, stopping=stopping)
        return self.now()

    @contextmanager
    def supervised(self, body: str, **options: Any) -> Iterator[None]:
        """In a thread, from the program's start on; at the end of the block the supervisor has ended too."""
        errors: list[BaseException] = []

        def work() -> None:
            try:
                self.supervise(body, **options)
            except BaseException as error:
                errors.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            until(lambda: pid_of(self.place) is not None)
            yield
        finally:
            thread.join(PATIENCE)
        assert not errors
        assert not thread.is_alive()

    def now(self) -> TrainingRun:
        self.run.refresh_from_db()
        return self.run

    def again(self) -> Claim:
        """The next worker's claim."""
        claim = training_claim(uid=self.run.uid, worker="train@there")
        assert claim
        self.claim = claim
        return claim

    def program_lives(self) -> bool:
        pid = pid_of(self.place)
        assert pid
        return started_at(pid) is not None


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def scene(transactional_db: None, cast: Any) -> Scene:
    """Real transactions: the supervisor beats from a thread of its own while it stores."""
    run = launch_pretrain(cast.project)
    claim = training_claim(uid=run.uid, worker="train@here")
    assert claim
    return Scene(run, claim, workspace_of(claim))
