"""What the machines that watch may ask, and the page of jobs."""

from types import SimpleNamespace

import pytest
from django.test import Client

from apps.core import health
from apps.core.health import Health
from tests.make import make_ready_snapshot


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Health]:
    """Every answer that the workers were really asked for, on a clock that stands still."""
    answers: list[Health] = []

    def check() -> Health:
        answers.append(Health(True, "", []))
        return answers[-1]

    monkeypatch.setattr(health, "check_health", check)
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: 9.0))
    return answers


def test_readiness_is_asked_once_in_three_seconds(client: Client, asked, monkeypatch):
    for _ in range(5):
        assert client.get("/readyz").status_code == 200
    assert len(asked) == 1
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: 12.0))
    client.get("/readyz")
    assert len(asked) == 2
    health.forget_health()
    client.get("/readyz")
    assert len(asked) == 3


@pytest.mark.parametrize("address", ["", "unix:", "nonsense"])
def test_a_caller_without_an_address_is_not_this_machine(client: Client, db, address):
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 403


def test_jobs_lead_to_their_pages(cast, as_member):
    snapshot = make_ready_snapshot(cast)
    page = as_member(cast.researcher).get("/p/clinic/operations/").content.decode()
    assert f'href="/p/clinic/snapshots/{snapshot.uid}/"' in page
