"""What a program sees of its worker's environment."""

import json
from typing import Any

import pytest

from tests.rlhf.endpoint_server import KEY
from workers.tasks import child


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("endpoint:lab/org/tiny", {"lab": {"url": "http://127.0.0.1:9/v1", "key": KEY}}),
        ("endpoint:open/org/tiny", {"open": {"url": "http://127.0.0.1:8/v1", "key": ""}}),
        ("endpoint:nobody/org/tiny", None),
        ("policy", None),
        ("", None),
    ],
)
def test_a_program_knows_the_server_it_asks_and_no_other(asked: str, known: Any):
    entries = {"lab": {"url": "http://127.0.0.1:9/v1", "key": KEY}, "open": {"url": "http://127.0.0.1:8/v1"}}
    said = {"ENDPOINTS": json.dumps(entries), "SECRET_KEY": "x", "DATABASE_URL": "y", "PATH": "/bin"}
    given = child.program_environment(said, asked)
    assert given["PATH"] == "/bin"
    assert not {"SECRET_KEY", "DATABASE_URL"} & set(given)
    assert (json.loads(given["ENDPOINTS"]) if "ENDPOINTS" in given else None) == known
