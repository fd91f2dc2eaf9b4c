"""The client through the server that is used in production: files packed on the fly, sent in chunks."""

import json
import sys

import pytest
from labelstudio_rlhf_client import Client

from apps.accounts.services import token_issue
from tests.imports.test_gunicorn import port  # noqa: F401


@pytest.fixture
def researcher(port, cast):  # noqa: F811 - the fixture itself
    with Client(f"http://127.0.0.1:{port}", token_issue(actor=cast.researcher.user).key, again=8) as client:
        yield client


def test_a_plain_file_is_packed_while_it_is_sent(researcher, tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text(
        "".join(json.dumps({"prompt": f"Question {number}: " + "why " * 300}) + "\n" for number in range(2000))
    )
    imported = researcher.import_file("clinic", path)
    assert (imported.state, imported.prompts) == ("done", 2000)
    packed = researcher.calls.get(f"imports/{imported.uid}/")
    assert packed["filename"] == "many.jsonl"
    assert researcher.import_file("clinic", path).duplicates == 2000


def test_no_progress_without_tqdm_and_a_bar_with_it(researcher, tmp_path, capsys, monkeypatch):
    path = tmp_path / "few.jsonl"
    path.write_text('{"prompt": "x"}\n')
    researcher.import_file("clinic", path, progress=True)
    assert "few.jsonl" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert researcher.import_file("clinic", path, progress=True).duplicates == 1
    assert "few.jsonl" not in capsys.readouterr().err
