"""The command, and that the package installs from its folder."""

import gzip
import json
import os
import stat
import subprocess
import sys
import venv
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from labelstudio_rlhf_client import Broken, Client
from labelstudio_rlhf_client.cli import OPTIONS, main
from labelstudio_rlhf_client.transport import Transport

from apps.imports.domain.asked import ASKED
from tests.cast import PASSWORD

from .conftest import ROOT
from .test_client import ROWS, ranked


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("LABELSTUDIO_RLHF_URL", "LABELSTUDIO_RLHF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def signed_in(at_home, live_server, cast, monkeypatch, capsys):
    monkeypatch.setenv("LABELSTUDIO_RLHF_PASSWORD", PASSWORD)
    assert main(["login", live_server.url, "researcher@example.org"]) == 0
    assert PASSWORD not in capsys.readouterr().out
    return at_home


def test_signing_in_stores_a_token_that_only_its_owner_reads(signed_in):
    path = signed_in / "config" / "labelstudio-rlhf" / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(json.loads(path.read_text())) == {"url", "token"}
    with Client.from_environment() as client:
        assert [one["slug"] for one in client.projects()] == ["clinic"]


def test_the_environment_goes_before_what_is_stored(signed_in, monkeypatch):
    monkeypatch.setenv("LABELSTUDIO_RLHF_TOKEN", "another")
    assert main(["models", "clinic"]) == 1


def test_without_a_token_it_says_how_to_get_one(at_home, capsys):
    with pytest.raises(Broken, match="labelstudio-rlhf login"):
        Client.from_environment()
    assert main(["models", "clinic"]) == 1
    assert capsys.readouterr().err.startswith("labelstudio-rlhf: No token")


def test_a_day(signed_in, client_of, cast, capsys, built_at_once):
    path = signed_in / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, [*ROWS, {"prompt": ""}])))
    assert main(["import", "clinic", str(path), "--pii", "mask", "--priority", "2"]) == 3
    said = capsys.readouterr()
    assert "done: 4 lines, 3 new prompts" in said.out
    assert said.err.startswith("line 4: ")
    ranked(client_of, cast, 2)
    assert main(["watch", "clinic", "--glances", "1"]) == 0
    assert "0 new judgments by 0 labelers" in capsys.readouterr().out
    assert main(["snapshot", "clinic", str(signed_in / "out"), "--purpose", "evaluation", "--file", "pairs.jsonl"]) == 0
    assert "2 rows, sha256 " in capsys.readouterr().out
    assert len((signed_in / "out" / "pairs.jsonl").read_text().splitlines()) == 2
    assert main(["models", "clinic"]) == 0
    assert main(["import", "clinic", str(signed_in / "none.jsonl")]) == 1
    assert "none.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "data", "options", "status"),
    [
        ("a.jsonl", b'{"prompt": "Hi?"}', [], 0),
        ("a.parquet", b"nothing of the kind", [], 1),
        ("a.jsonl", b'{"prompt": "Hi?"}', ["--pii", "hide"], 2),
        ("a.txt", b'{"prompt": "Hi?"}', [], 2),
        ("a.jsonl", b'{"prompt": "Hi?"}\nx', [], 3),
        ("a.jsonl.gz", gzip.compress(b'{"prompt": "Hi?"}')[:-9], [], 4),
    ],
)
def test_an_import_ends_as_that_of_manage_py_does(signed_in, monkeypatch, name, data, options, status):
    monkeypatch.setattr(Transport, "pause", lambda self, seconds: None)
    path = signed_in / name
    path.write_bytes(data)
    assert main(["import", "clinic", str(path), *options]) == status
    with pytest.raises(CommandError) if status else nullcontext() as ended:
        call_command("import_prompts", "clinic", str(path), *options)
    assert not status or ended.value.returncode == status


def test_an_import_that_nobody_answers_may_be_run_again(at_home, monkeypatch):
    monkeypatch.setenv("LABELSTUDIO_RLHF_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LABELSTUDIO_RLHF_TOKEN", "t")
    monkeypatch.setattr(Transport.__init__, "__kwdefaults__", {**Transport.__init__.__kwdefaults__, "again": 0})
    path = at_home / "a.jsonl"
    path.write_text("{}")
    assert main(["import", "clinic", str(path)]) == 4


def test_every_option_of_an_import_is_explained(capsys):
    with pytest.raises(SystemExit):
        main(["import", "--help"])
    shown = capsys.readouterr().out
    assert set(OPTIONS) == {*ASKED, "tasks", "format"}
    assert all(does.partition(" ")[0] in shown for _takes, does in OPTIONS.values())
    assert "--pii mask|withhold" in shown


@pytest.mark.parametrize("given", ["split=train", "[1]", "7"])
def test_a_filter_that_is_no_object_is_refused_in_a_sentence(at_home, capsys, given):
    with pytest.raises(SystemExit) as ended:
        main(["snapshot", "clinic", str(at_home), "--filter", given])
    assert ended.value.code == 2
    assert f'a JSON object is needed, like {{"split": "train"}}, not {given}' in capsys.readouterr().err


def test_it_installs_from_its_folder(tmp_path):
    """Into an environment of its own that borrows only what it depends on; nothing is fetched."""
    copy = tmp_path / "client"
    subprocess.run(["cp", "-r", str(ROOT / "client"), str(copy)], check=True)
    venv.create(tmp_path / "env", with_pip=False, system_site_packages=False)
    place = next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-deps", "--no-build-isolation",
         "--no-index", "--target", str(place), str(copy)],
        check=True, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
    )  # fmt: skip
    assert (place / "labelstudio_rlhf_client" / "py.typed").is_file()
    assert (place / "bin" / "labelstudio-rlhf").is_file()
    (place / "borrowed.pth").write_text(str(Path(pytest.__file__).resolve().parents[1]))
    done = subprocess.run(
        [tmp_path / "env" / "bin" / "python", "-c",
         "import labelstudio_rlhf_client as c; from importlib.metadata import version;"
         "print(c.__file__, version('labelstudio-rlhf-client'))"],
        check=True, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.split() == [str(place / "labelstudio_rlhf_client" / "__init__.py"), "0.1.0"]
