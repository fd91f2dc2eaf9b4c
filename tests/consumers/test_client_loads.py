"""A snapshot in `datasets` through the client, from a running installation."""

from pathlib import Path

import pytest

from apps.accounts.services import token_issue
from tests.make import make_ready_snapshot

from .conftest import run_program

CLIENT = Path(__file__).resolve().parents[2] / "client"


@pytest.mark.django_db(transaction=True)
def test_the_client_loads_a_snapshot_into_datasets(live_server, cast, tmp_path):
    snapshot = make_ready_snapshot(cast)
    said = run_program(
        "client_loads", tmp_path, client=str(CLIENT), url=live_server.url, snapshot=str(snapshot.uid),
        token=token_issue(actor=cast.researcher.user).key,
    )  # fmt: skip
    assert (said["type"], said["rows"], said["pairs"]) == ("Dataset", 1, 1)
    assert sorted(said["tiers"]) == [1, 2]
    assert said["chosen"][0]["content"].startswith("Answer ")
