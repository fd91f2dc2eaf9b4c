"""Health as it is: with no broker, with a broker and nobody working, with a worker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from celery import current_app
from django.test import Client
from kombu.exceptions import OperationalError

from apps.core import health, ring
from launcher.broker import throwaway_broker
from tests.cast import Cast


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real broker that the application in this process talks to."""
    before = current_app.conf.broker_url
    monkeypatch.delenv("REDIS_URL")  # it names the one that nobody answers
    with throwaway_broker() as url:
        _talk_to(url)
        yield url
    _talk_to(before)


def _talk_to(url: str) -> None:
    current_app.conf.broker_url = url
    current_app._after_fork()  # what Celery itself does to forget its connections


def test_without_a_broker_it_says_so_and_pages_still_work(cast: Cast, client: Client, monkeypatch):
    def refuse() -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(health, "_queues", refuse)
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() | {"ready": False, "broker": False, "database": True} == answer.json()
    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/p/clinic/operations/workers/")
    assert "The broker does not answer: Connection refused" in page.content.decode()


@pytest.mark.django_db
def test_with_nobody_working_the_queue_is_named(broker: str, client: Client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["unattended_queues"] == ["web", "train", "generate"]


@pytest.mark.django_db
def test_a_worker_makes_it_ready(broker: str, client: Client):
    environment = os.environ | {"REDIS_URL": broker, "DJANGO_SETTINGS_MODULE": "labelstudio_rlhf.settings"}
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "labelstudio_rlhf",
        "worker",
        "-Q",
        "web",
        "-c",
        "1",
        "--pool=solo",
    ]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as worker:
        try:
            deadline = time.monotonic() + 300
            while (answer := client.get("/readyz")).status_code != 200 and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            worker.send_signal(signal.SIGTERM)
    assert answer.json()["ready"] is True
    assert answer.json()["workers"] == 1
    assert answer.json()["unattended_queues"] == ["train", "generate"]  # said, but a room for labeling needs neither


def test_metrics_are_for_loopback_or_the_token(db, client: Client, settings):
    assert b"labelstudio_rlhf_judgments 0.0" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 403
    settings.METRICS_TOKEN = "scrape-me"
    good = client.get("/metrics", REMOTE_ADDR="10.0.0.9", headers={"Authorization": "Bearer scrape-me"})
    assert good.status_code == 200
    bad = client.get("/metrics", REMOTE_ADDR="10.0.0.9", headers={"Authorization": "Bearer guess"})
    assert bad.status_code == 403


def test_a_ring_that_cannot_be_sent_is_logged_not_raised(monkeypatch, caplog):
    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(ring.current_app, "send_task", refuse)
    ring.ring("datasets.build", "some-uid")

    assert "datasets.build some-uid" in caplog.text
