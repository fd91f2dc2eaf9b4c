"""`manage.py import_prompts`: what it says, and with which status it ends."""

import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from apps.imports.management.commands import import_prompts
from apps.imports.models import Import
from apps.labeling.models import Task
from apps.prompts.models import Prompt

START = datetime(2026, 1, 1, tzinfo=UTC)
SHAPES = Path(__file__).parent / "data" / "shapes.jsonl"


def run(*args: str) -> int:
    try:
        call_command("import_prompts", "clinic", *args)
    except CommandError as error:
        return error.returncode
    return 0


def test_a_file_that_is_all_right(project, capsys):
    assert run(str(SHAPES), "--tasks", "none") == 0
    assert capsys.readouterr().out.startswith("done: 6 lines, 5 new prompts, 17 completions, 4 rankings")
    assert not Task.objects.filter(state="open").exists()


def test_refused_lines_have_a_status_of_their_own(project, capsys, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"x\n" * 30 + b'{"prompt": "Hi?"}\n')
    assert run(str(bad)) == 3
    said = capsys.readouterr()
    assert "line 20: " in said.err
    assert "... and 10 more" in said.err
    assert "1 new prompts" in said.out


def test_a_file_that_breaks_off_has_another(project, tmp_path):
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"prompt": "Hi?"}\n' * 50)[:-12])
    assert run(str(cut)) == 4
    assert Import.objects.get().state == "partial"


def test_a_file_of_another_kind_has_a_third(project, tmp_path):
    table = tmp_path / "no.parquet"
    table.write_bytes(b"nothing of the kind")
    assert run(str(table)) == 1


@pytest.mark.parametrize(
    "asked", [["--pii", "hide"], ["--columns", '{"prompt": 7}'], ["--format", "hh", "--columns", '{"prompt": "q"}']]
)
def test_options_that_are_not_understood_have_a_fourth(project, asked):
    assert run(str(SHAPES), *asked) == 2
    assert not Import.objects.exists()


def test_the_standard_input(project, monkeypatch):
    given = io.BytesIO(json.dumps({"prompt": "From a pipe?"}).encode())
    monkeypatch.setattr(import_prompts.sys, "stdin", SimpleNamespace(buffer=given))
    assert run("-", "--format", "jsonl") == 0
    assert Prompt.objects.get().messages == '[{"content":"From a pipe?","role":"user"}]'


def test_options_reach_the_import(project, tmp_path):
    path = tmp_path / "a.jsonl"
    pair = [{"text": "a"}, {"text": "b"}]
    path.write_text(json.dumps({"prompt": "Hi?", "completions": pair}))
    assert run(str(path), "--priority", "7", "--requires", "domain:law") == 0
    assert list(Task.objects.values_list("priority", "requires")) == [(7, ["domain:law"])]


def test_the_line_that_follows_the_progress():
    imported = Import(
        state="running", size=1000, bytes_read=250, lines=3000, lines_before=1000,
        running_since=START, heartbeat_at=START + timedelta(seconds=2),
    )  # fmt: skip
    assert import_prompts._so_far(imported) == " 25%  3,000 lines  1,000/s  0:09 left"


@pytest.mark.parametrize(
    ("slug", "name"), [("nowhere", str(SHAPES)), ("clinic", "a.txt"), ("clinic", "missing.jsonl"), ("clinic", "-")]
)
def test_it_says_what_is_wrong(project, slug, name):
    with pytest.raises(CommandError):
        call_command("import_prompts", slug, name)
    assert not Import.objects.filter(finished_at=None).exists()
