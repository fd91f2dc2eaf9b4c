"""The environment of other people's programs: made once, and again when its file changes or an install was cut off."""

import subprocess
from pathlib import Path

import pytest

from launcher import consumers
from launcher.consumers import FILE, consumers_environment, is_ready, prepare_consumers
from launcher.errors import LauncherError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / FILE).write_text("trl==1.16.0\n")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run; a new environment gets a Python, and pip ends well."""
    seen: list[list[str]] = []

    def run(argv: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        seen.append(argv[1:])
        if argv[1:3] == ["-m", "venv"]:
            for part in ("bin", "lib/python3.11/site-packages"):
                (Path(argv[-1]) / part).mkdir(parents=True)
            (Path(argv[-1]) / "bin" / "python").touch()
        return subprocess.CompletedProcess(argv, 0, "", "")

    monkeypatch.setattr(consumers.subprocess, "run", run)
    return seen


def test_it_is_made_once(root: Path, calls: list[list[str]]) -> None:
    assert prepare_consumers(root)
    assert is_ready(root)
    assert not prepare_consumers(root)
    assert [call[1] for call in calls] == ["venv", "pip"]
    assert "--no-deps" in calls[1]


def test_it_sees_what_this_environment_has(root: Path, calls: list[list[str]]) -> None:
    prepare_consumers(root)
    shared = consumers_environment(root).folder / "lib/python3.11/site-packages/shared.pth"
    assert str(Path(pytest.__file__).parents[1]) in shared.read_text().splitlines()


def test_it_is_made_anew_when_its_file_changes(root: Path, calls: list[list[str]]) -> None:
    prepare_consumers(root)
    left = consumers_environment(root).folder / "left"
    left.touch()
    (root / FILE).write_text("trl==1.17.0\n")
    assert not is_ready(root)
    assert prepare_consumers(root)
    assert not left.exists()


def test_a_failed_install_is_told_and_tried_again(
    root: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = consumers.subprocess.run

    def failing(argv: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        done = whole(argv, **options)
        return subprocess.CompletedProcess(argv, 1, "", "no such version") if "pip" in argv else done

    monkeypatch.setattr(consumers.subprocess, "run", failing)
    with pytest.raises(LauncherError, match="CONSUMERS=0") as told:
        prepare_consumers(root)
    assert told.value.details == "no such version"
    assert not is_ready(root)
    monkeypatch.setattr(consumers.subprocess, "run", whole)
    assert prepare_consumers(root)
