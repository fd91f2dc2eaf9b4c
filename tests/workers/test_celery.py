"""Real workers, a real broker, a real program: delivered twice, stopped, killed."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from apps.core.ring import ring
from apps.training.models import TrainingRun
from apps.training.services.reap import runs_requeue
from apps.training.services.steer import run_cancel
from apps.training.services.workspace import Workspace
from launcher.broker import throwaway_broker
from tests.backends import connections_of, wait_until_gone
from tests.training.rails import launch_pretrain
from tests.workers.conftest import until

ROOT = Path(__file__).resolve().parents[2]
ENDLESS = {
    "vocabulary": 300, "width": 16, "layers": 1, "heads": 1, "context": 256, "dialogues": 50, "batch_size": 1,
    "steps": 1_000_000, "checkpoint_every": 5,
}  # fmt: skip
WORKERS = "workers that are killed"  # what PostgreSQL knows them by
PATIENT = 300.0  # seconds: torch is imported several times, on a machine that has other work


@pytest.mark.parametrize(("task", "queue"), [("workers.train", "train"), ("workers.generate", "generate"), ("datasets.build", "web")])  # fmt: skip
def test_rings_reach_their_queue(task, queue):
    assert current_app.amqp.router.route({}, task)["queue"].name == queue


def test_the_tasks_are_known_to_every_worker():
    current_app.loader.import_default_modules()
    assert {"workers.train", "workers.generate", "training.requeue"} <= set(current_app.tasks)


class House:
    """Workers of the train queue, each with a log."""

    def __init__(self, broker: str, folder: Path, artifacts: Path) -> None:
        database = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
        self._folder = folder
        self._env = os.environ | {
            "REDIS_URL": broker, "DATABASE_URL": database, "ARTIFACT_ROOT": str(artifacts),
            "DJANGO_SETTINGS_MODULE": "tests.workers.impatient", "PGAPPNAME": WORKERS,
        }  # fmt: skip
        self.stack = ExitStack()

    def worker(self, name: str) -> subprocess.Popen[bytes]:
        words = ["-Q", "train", f"--hostname={name}@here", "--pool=threads", "--concurrency=1", "--loglevel=INFO"]
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "labelstudio_rlhf", "worker", *words],
                env=self._env, cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text()


@pytest.fixture
def house(transactional_db, tmp_path, artifact_root, monkeypatch) -> Iterator[House]:
    before = current_app.conf.broker_url
    monkeypatch.delenv("REDIS_URL")  # it names the one that nobody answers
    with throwaway_broker() as url:
        talk_to(url)
        house = House(url, tmp_path, artifact_root)
        with house.stack:
            yield house
    talk_to(before)


def talk_to(url: str) -> None:
    current_app.conf.broker_url = url
    current_app._after_fork()  # what Celery itself does to forget its connections


def test_a_night_without_a_training_worker_leaves_a_ring_for_each_run(house, cast):
    """Beat has had the waiting runs rung for every 15 seconds; who comes in the morning hears of each, and of few twice."""
    runs = [launch_pretrain(cast.project, spec={"seed": seed}) for seed in range(3)]  # launching rings, too
    for _ in range(20):
        assert runs_requeue() == 3
    assert sorted(rings_taken("train")) == sorted(str(run.uid) for run in runs)

    runs_requeue()  # the rings are gone, expired ones for instance, and the runs still wait
    assert len(rings_taken("train")) == 3
    runs_requeue()
    rings_taken("train", most=1)
    for _ in range(20):
        runs_requeue()
    assert len(rings_taken("train")) <= 5


def rings_taken(queue: str, most: int = 1_000) -> list[str]:
    """Takes what lies in a queue, as a worker would."""
    found = []
    with current_app.connection_for_read() as broker, broker.SimpleQueue(queue) as lying:
        while len(found) < most:
            try:
                message = lying.get_nowait()
            except lying.Empty:
                break
            found.append(message.payload[0][0])
            message.ack()
    return found


def test_one_run_however_often_it_is_delivered_and_whoever_dies(house, cast, artifact_root):
    run = launch_pretrain(cast.project, spec=ENDLESS)
    place = Workspace(artifact_root / "runs" / str(run.uid))

    def now() -> TrainingRun:
        run.refresh_from_db()
        assert not run.failure
        return run

    first = house.worker("first")
    until(lambda: now().step > 5, PATIENT)
    assert (run.worker, run.attempt) == ("first@here", 1)

    # Delivered again while it runs: the second worker takes the message and finds the row taken.
    house.worker("second")
    until(lambda: "succeeded" in house.log("second"), PATIENT)
    assert (now().worker, run.attempt, run.state) == ("first@here", 1, "running")

    # A stopped worker lets its program save; the run goes on in the other's hands.
    reached = now().step
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENT) == 0, house.log("first")
    assert (place.output / "checkpoint").is_dir()
    ring("workers.train", run.uid)  # as beat does for what waits
    until(lambda: now().worker == "second@here" and run.step > reached, PATIENT)
    assert (run.state, run.attempt) == ("running", 1)
    assert "worker was stopped" in run.notice

    # kill -9: the program hears that nobody holds its stdin, saves and ends; the reaper puts the row back.
    assert connections_of(WORKERS)
    house.stack.close()
    wait_until_gone(WORKERS)  # a heartbeat may still be on its way
    with (place.output / ".lock").open("r+") as lock:  # which the program holds as long as it lives
        until(lambda: lockable(lock), PATIENT)
    TrainingRun.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
    assert runs_requeue() == 1
    assert (now().state, run.attempt) == ("queued", 1)
    run_cancel(actor=None, run=run)


def lockable(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
