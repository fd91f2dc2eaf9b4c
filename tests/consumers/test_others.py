"""Files that Argilla's and Label Studio's own packages write are read as what was said in them."""

import json
from pathlib import Path

import pytest

from apps.imports.domain.line import ImportLine, parse_line
from tests.consumers.conftest import run_program
from tests.formats.shapes import rows
from tests.once import made_once

ONE, TWO = (f"argilla-00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Importing both packages takes seconds: made once, so change nothing in it."""

    def make(made: Path) -> None:
        assert len(run_program("others", made, folder=str(made))["files"]) == 8

    return made_once(tmp_path_factory, "others", make)


def read(file: Path, format: str, **options) -> list[ImportLine]:
    found = rows(file.read_bytes(), format, **options)
    assert [row.problem for row in found if row.problem] == []
    return [parse_line(row.value) for row in found]


def rankings(line: ImportLine) -> dict[str, tuple[int, ...]]:
    assert all(one.kind == "person" for one in line.rankings)
    return {one.labeler: one.tiers for one in line.rankings}


@pytest.mark.parametrize("name", ["argilla.json", "argilla-flat.jsonl"])
def test_argilla(folder, name):
    ranked, labeled, first, second, unanswered = read(folder / name, "argilla")

    assert (ranked.external_id, ranked.messages) == ("ranked", [{"content": "Say hi.", "role": "user"}])
    assert [(one.id, one.text) for one in ranked.completions] == [
        ("response-1", "Hi."), ("response-2", "No."), ("response-3", "Hello!"),
    ]  # fmt: skip
    assert rankings(ranked) == {ONE: (2, 3, 1), TWO: (1, 2, 1)}
    assert ranked.metadata["answers"] == [{"labeler": ONE, "question": "clarity", "value": 4}]
    assert "judge" in json.dumps(ranked.metadata["suggestions"])
    assert rankings(labeled) == {ONE: (2, 1), TWO: (1, 1)}
    assert [(one.labeler, one.text) for one in (first.demonstration, second.demonstration)] == [
        (ONE, "One."),
        (TWO, "Two."),
    ]
    assert first.content_sha256 == second.content_sha256
    assert (unanswered.external_id, unanswered.completions, unanswered.rankings) == ("open", (), ())


SIX, SIX_BY_ADDRESS = "label-studio-6", "label-studio-e1c1ca72c1eb"


@pytest.mark.parametrize("name", ["label-studio-ranker.json", "ranker-JSON/result.json"])
def test_label_studio_json(folder, name):
    (line,) = read(folder / name, "label-studio")

    assert (line.external_id, line.messages) == ("11", [{"content": "Rank.", "role": "user"}])
    assert [(one.id, one.text) for one in line.completions] == [("x", "Ex."), ("y", "Why?"), ("z", "Zed.")]
    assert rankings(line) == {"label-studio-5": (2, 1, 3), SIX: (1, 2, 3)}
    assert line.metadata["results"] == [
        {"labeler": "label-studio-5", "name": "note", "type": "textarea", "value": {"text": ["Close."]}}
    ]
    assert line.metadata["completions"][0] == {"title": "Model x"}


def test_label_studio_json_min(folder):
    found = read(folder / "ranker-JSON_MIN/result.json", "label-studio")
    assert {name: tiers for line in found for name, tiers in rankings(line).items()} == {
        "label-studio-5": (2, 1, 3), SIX_BY_ADDRESS: (1, 2, 3),
    }  # fmt: skip
    assert "six@example.org" not in json.dumps([[one.labeler for one in line.rankings] for line in found])
    noted = read(folder / "ranker-JSON_MIN/result.json", "label-studio", columns={"demonstration": "note"})
    assert [line.demonstration and line.demonstration.text for line in noted] == [None, "Close."]


@pytest.mark.parametrize("name", ["label-studio-pairwise.json", "pairwise-JSON_MIN/result.json"])
def test_label_studio_pairs(folder, name):
    (line,) = read(folder / name, "label-studio")
    assert [one.text for one in line.completions] == ["One.", "Two."]
    assert rankings(line) == {"label-studio-5": (2, 1)}
