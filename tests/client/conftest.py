"""The client against a live server, as it is installed: from its folder."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.services import token_issue
from apps.datasets.services.build import snapshot_build
from apps.projects.models import Membership
from tests.cast import Cast

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "client"))

from labelstudio_rlhf_client import Client, Snapshot  # noqa: E402


@pytest.fixture(autouse=True)
def rows_that_the_server_sees(transactional_db: None) -> None:
    """The live server runs in another thread, so rows must be committed."""


@pytest.fixture
def client_of(live_server: Any, cast: Cast) -> Iterator[Callable[[Membership], Client]]:
    """A client with a token of that member."""
    made: list[Client] = []

    def of(member: Membership) -> Client:
        made.append(Client(live_server.url, token_issue(actor=member.user).key))
        return made[-1]

    yield of
    for client in made:
        client.calls.close()


@pytest.fixture
def researcher(client_of: Callable[[Membership], Client], cast: Cast) -> Client:
    return client_of(cast.researcher)


@pytest.fixture
def built_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's part: a snapshot is built when somebody waits for it."""
    wait = Snapshot.wait

    def build_then_wait(self: Snapshot, **options: Any) -> Snapshot:
        snapshot_build(uid=self.uid)
        return wait(self, **options)

    monkeypatch.setattr(Snapshot, "wait", build_then_wait)
