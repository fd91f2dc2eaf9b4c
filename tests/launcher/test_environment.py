import ast
import fcntl
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from launcher import bootstrap, environment
from launcher.environment import Environment, describe_download, fingerprint, outdated, prepare
from launcher.errors import LauncherError
from tests.launcher.waiting import until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with two requirement files, the first of which includes another."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements.txt").write_text("-r requirements/web.txt\n")
    (tmp_path / "requirements" / "web.txt").write_text("Django==5.2\n")
    (tmp_path / "requirements" / "test.txt").write_text("pytest==9.2\n")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run; a new environment gets a Python, and pip ends well."""
    seen: list[list[str]] = []

    def run(argv: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        seen.append(argv[1:])
        if argv[1:3] == ["-m", "venv"]:
            python = Path(argv[3]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()
        return subprocess.CompletedProcess(argv, 0, "", "")

    monkeypatch.setattr(environment.subprocess, "run", run)
    return seen


def installs(calls: list[list[str]]) -> list[list[str]]:
    return [call[4:] for call in calls if call[1:3] == ["pip", "install"]]


def made(calls: list[list[str]]) -> int:
    return sum(call[1:2] == ["venv"] for call in calls)


def test_the_second_run_has_nothing_to_do(root: Path, calls: list[list[str]]) -> None:
    assert prepare(root, root / ".venv", ["requirements.txt"])
    assert not prepare(root, root / ".venv", ["requirements.txt"])
    assert made(calls) == 1
    assert len(installs(calls)) == 1


def test_a_changed_file_that_is_included_installs_again(root: Path, calls: list[list[str]]) -> None:
    prepare(root, root / ".venv", ["requirements.txt"])
    (root / "requirements" / "web.txt").write_text("Django==5.3\n")
    assert prepare(root, root / ".venv", ["requirements.txt"])
    assert made(calls) == 1
    assert len(installs(calls)) == 2


def test_only_what_is_missing_is_installed_and_the_rest_stays_known(root: Path, calls: list[list[str]]) -> None:
    both = ["requirements.txt", "requirements/test.txt"]
    prepare(root, root / ".venv", both[:1])
    prepare(root, root / ".venv", both)
    assert installs(calls) == [["-r", both[0]], ["-r", both[1]]]
    assert outdated(Environment(root / ".venv"), root, both) == []


def test_a_cut_install_is_made_from_the_start(root: Path, calls: list[list[str]]) -> None:
    prepare(root, root / ".venv", ["requirements.txt"])
    note = root / ".venv" / "installed-requirements.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "installing": "requirements.txt"}))
    assert prepare(root, root / ".venv", ["requirements.txt"])
    assert made(calls) == 2


def test_an_environment_without_its_python_is_made_again(root: Path, calls: list[list[str]]) -> None:
    prepare(root, root / ".venv", ["requirements.txt"])
    (root / ".venv" / "bin" / "python").unlink()
    assert prepare(root, root / ".venv", ["requirements.txt"])
    assert made(calls) == 2


def test_a_pip_that_fails_is_tried_again_in_the_same_environment(
    root: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    works = environment.subprocess.run

    def pip_fails(argv: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        result = works(argv, **options)
        return subprocess.CompletedProcess(argv, 1, "", "") if "pip" in argv else result

    monkeypatch.setattr(environment.subprocess, "run", pip_fails)
    with pytest.raises(LauncherError, match="pip could not install everything"):
        prepare(root, root / ".venv", ["requirements.txt"])
    monkeypatch.setattr(environment.subprocess, "run", works)
    assert prepare(root, root / ".venv", ["requirements.txt"])
    assert made(calls) == 1


def test_a_python_without_venv_names_debians_package(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    with pytest.raises(LauncherError, match=f"apt-get install python{version}-venv"):
        prepare(root, root / ".venv", ["requirements.txt"])


def test_a_missing_requirement_file_is_told(root: Path) -> None:
    with pytest.raises(LauncherError, match=r"requirements/none\.txt does not exist"):
        prepare(root, root / ".venv", ["requirements/none.txt"])


def test_the_size_is_said_before_the_download(
    root: Path, calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(root, root / ".venv", ["requirements.txt"])
    assert capsys.readouterr().out.startswith("Setting up .venv with requirements.txt: about ")


def test_every_set_of_the_makefile_has_a_measured_size() -> None:
    assert describe_download(["requirements.txt", "requirements/test.txt"]).endswith(
        ": about 195 MB to download, less what pip has in its cache."
    )
    with_torch = describe_download(["requirements.txt", "requirements/ml.txt"])
    assert "about 2935 MB to download (400 MB where pip's settings offer torch's build for the CPU" in with_torch
    assert "TRAIN=0" in with_torch
    assert "MB" not in describe_download(["requirements/unknown.txt"])


def test_another_python_version_counts_as_a_change(root: Path) -> None:
    file = root / "requirements.txt"
    assert fingerprint(file, "3.11.7") != fingerprint(file, "3.12.0")


def test_files_that_include_each_other_end(root: Path) -> None:
    (root / "requirements" / "web.txt").write_text("-r ../requirements.txt\n-c constraints.txt\n")
    assert fingerprint(root / "requirements.txt")


def test_a_new_enough_python_is_taken_as_it_is() -> None:
    assert bootstrap.find_python((3, 11)) == sys.executable


def test_an_old_python_looks_for_a_newer_one_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bootstrap.find_python((3, 9)) is None
    for name, code in (("python3.11", 127), ("python3.12", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    assert bootstrap.find_python((3, 9)) == str(tmp_path / "python3.12")


def test_an_old_python_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bootstrap, "find_python", lambda: None)
    with pytest.raises(SystemExit):
        bootstrap.main()
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err


def test_old_pythons_can_read_the_file_that_turns_them_away() -> None:
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 6))


def test_a_second_set_up_waits_for_the_first(
    root: Path, calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with (root / "requirements.txt").open() as first, ThreadPoolExecutor(1) as pool:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = pool.submit(prepare, root, root / ".venv", ["requirements.txt"])
        until(lambda: "Another set-up" in capsys.readouterr().out)
        assert calls == []
        fcntl.flock(first, fcntl.LOCK_UN)
        assert second.result(60)


def test_an_empty_machine_gets_a_sentence_not_a_traceback(tmp_path: Path) -> None:
    """The real program, from another folder, with a requirement file that is not there."""
    result = subprocess.run(
        [sys.executable, str(ROOT / "launcher" / "bootstrap.py"), "no-such-file.txt"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "no-such-file.txt does not exist" in result.stderr
    assert "Traceback" not in result.stderr
